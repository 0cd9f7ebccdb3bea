//go:build cgo

package countersign

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"
	"time"
)

const shy = "do not show me"

// Types that may contain secrets: some whose method fmt calls, and some whose method it does not.
type (
	exported   struct{ Secret Secret }
	unexported struct{ secret Secret }
	pointed    struct{ secret *Secret }
	listed     struct {
		secrets []Secret
		array   [2]Secret
	}
	mapped   struct{ secrets map[string]Secret }
	pointers struct{ secrets map[string]*Secret }
	anything struct{ value any }
	embedded struct{ Secret }
	service  struct {
		name   string
		config Config
		inner  *unexported
		deep   []map[string][]unexported
	}
	erring struct{ secret Secret }
)

func (e erring) Error() string { return fmt.Sprintf("%+v", struct{ s Secret }{e.secret}) }

// holders returns a secret in everything that can hold one.
func holders() map[string]any {
	secret := NewSecret(shy).NotBefore(time.Unix(1, 0)).NotAfter(time.Unix(2e9, 0))
	own := NewSecret([]byte(shy))
	config := Config{Secrets: []Secret{secret, own}, Algorithm: 99}
	return map[string]any{
		"alone": secret, "of bytes": own, "pointer": &secret, "slice": []Secret{secret}, "array": [2]Secret{secret, own},
		"map": map[string]Secret{"a": secret}, "pointers": []*Secret{&secret}, "any": []any{secret, &secret},
		"exported": exported{secret}, "unexported": unexported{secret}, "pointed": pointed{&secret},
		"listed": listed{[]Secret{secret}, [2]Secret{secret}}, "mapped": mapped{map[string]Secret{"a": secret}},
		"pointers in a map": pointers{map[string]*Secret{"a": &secret}}, "anything": anything{secret},
		"anything by pointer": &anything{&secret}, "embedded": embedded{secret}, "config": config, "config by pointer": &config,
		"service": &service{"orders", config, &unexported{secret}, []map[string][]unexported{{"a": {{secret}}}}},
		"error":   fmt.Errorf("wrapped: %w", erring{secret}),
		"channel": make(chan Secret, 1),
	}
}

// shown returns every form in which a verb or an encoder prints the secret as bytes or text.
func shown() []string {
	spellings := []string{shy, base64.StdEncoding.EncodeToString([]byte(shy)), base64.RawStdEncoding.EncodeToString([]byte(shy))}
	for _, verb := range "vsqxXdobBcUeEfFgGtTpOw" {
		for _, flag := range []string{"", "+", "#", " ", "0", "-", "# "} {
			for _, given := range []any{[]byte(shy), shy} {
				text := strings.Trim(fmt.Sprintf("%"+flag+string(verb), given), "[]")
				if strings.Contains(text, "%!") {
					// What fmt prints for a verb of the wrong type.
					text = strings.Trim(text[strings.IndexAny(text, "=(")+1:], "()[]")
				}
				if len(text) >= len(shy) {
					spellings = append(spellings, text)
				}
			}
		}
	}
	return append(spellings, "100 111 32 110", "0x64, 0x6f, 0x20", "100,111,32")
}

func TestASecretIsNeverShown(t *testing.T) {
	spellings := shown()
	check := func(name, how, text string) {
		t.Helper()
		for _, spelling := range spellings {
			if strings.Contains(text, spelling) {
				t.Errorf("%s by %s: %s", name, how, text)
				return
			}
		}
	}
	for name, holder := range holders() {
		for _, verb := range "vsqxXdobBcUeEfFgGtTpOwz" {
			for _, flag := range []string{"", "+", "#", " ", "0", "-", "# ", "40", ".3"} {
				format := "%" + flag + string(verb)
				check(name, format, fmt.Sprintf(format, holder))
				check(name, "Errorf "+format, fmt.Errorf(format, holder).Error())
			}
		}
		check(name, "Sprint", fmt.Sprint(holder)+fmt.Sprintln(holder))
		for _, format := range []string{"", "%d", "%[2]*[1]d", "%.*d", "%!", "%[3]d"} {
			check(name, "an argument in a wrong place, "+format, fmt.Sprintf(format, 1, holder)+fmt.Sprintf(format, holder, 1))
		}

		var written bytes.Buffer
		slog.New(slog.NewTextHandler(&written, nil)).Info("text", "holder", holder)
		slog.New(slog.NewJSONHandler(&written, nil)).Info("json", slog.Any("holder", holder), slog.Group("group", "holder", holder))
		_ = json.NewEncoder(&written).Encode(holder)
		_ = xml.NewEncoder(&written).Encode(holder)
		_ = gob.NewEncoder(&written).Encode(holder)
		_ = template.Must(template.New("").Parse("{{.}} {{printf \"%v %+v %#v\" . . .}}")).Execute(&written, holder)
		check(name, "an encoder", written.String())
		if written.Len() == 0 {
			t.Error("nothing was written of", name)
		}
	}
}

// Headers and URL of a delivery may contain a token.
func TestADeliveryIsShownWithoutItsContents(t *testing.T) {
	delivery := Delivery{"POST", "https://example.com/?t=" + shy, []Header{{"Authorization", "Bearer " + shy}}, []byte(shy)}
	for _, printed := range []any{delivery, &delivery, []Delivery{delivery}, map[string]Delivery{"a": delivery}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, printed)
			for _, spelling := range shown() {
				if strings.Contains(text, spelling) {
					t.Errorf("%s of %T: %s", verb, printed, text)
				}
			}
		}
	}
	if text := fmt.Sprint(delivery); text != `Delivery{"POST", 1 headers, body of 14 bytes}` {
		t.Error(text)
	}
	if _, err := Preset(shy, NewSecret("github")); err == nil || strings.Contains(err.Error(), shy) {
		t.Error(err)
	}
}

// The test above would find a secret that is kept as bytes or as text.
func TestWhatASecretMustNotBeIsFound(t *testing.T) {
	spellings := shown()
	for _, bad := range []any{struct{ bytes []byte }{[]byte(shy)}, struct{ text string }{shy}, struct{ array [14]byte }{[14]byte([]byte(shy))}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text, found := fmt.Sprintf(verb, bad), false
			for _, spelling := range spellings {
				found = found || strings.Contains(text, spelling)
			}
			// %q of text has the text in quotes, which is found too.
			if !found {
				t.Errorf("%s of %T is not found: %s", verb, bad, text)
			}
		}
	}
}

func TestASecretPrintsAsSecret(t *testing.T) {
	secret := NewSecret(shy)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb, secret) + fmt.Sprintf(verb, &secret); text != "Secret(…)Secret(…)" {
			t.Error(verb, text)
		}
	}
	written, err := json.Marshal(exported{secret})
	if err != nil || string(written) != `{"Secret":"Secret(…)"}` {
		t.Error(string(written), err)
	}
}

func TestErrorsShowNoSecret(t *testing.T) {
	_, err := New(Config{Secrets: []Secret{NewSecret(shy)}, Algorithm: 99})
	_, connection := FromConnection(`{"auth_method": "HMAC", "auth_secret": "do not show me", "algorithm": "do"}`)
	_, malformed := New(Config{Secrets: []Secret{NewSecret(shy)}, Preset: "standard-webhooks"})
	_, swapped := Preset(shy, NewSecret("github"))
	_, swappedToSign := NewSigner(Config{Preset: shy, Secrets: []Secret{NewSecret("github")}})
	_, swappedFields := FromConnection(`{"auth_method": "do not show me", "auth_secret": "HMAC"}`)
	_, asName := FromConnection(`{"auth_method": "HMAC", "do not show me": "auth_secret"}`)
	_, asHeader := FromConnection(`{"auth_method": "HMAC", "auth_secret": "a", "auth_header_key": "do not show me"}`)
	for _, err := range []error{err, connection, malformed, swapped, swappedToSign, swappedFields, asName, asHeader} {
		var config *ConfigError
		if !errors.As(err, &config) || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, *config), "show me") {
			t.Error(err)
		}
	}
}

// An object made from a secret contains only addresses.
func TestVerifiersSignersAndStreamsShowNoSecret(t *testing.T) {
	config := Config{Secrets: []Secret{NewSecret(shy)}}
	verifier, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(config)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := verifier.BeginSignature(strings.Repeat("A", 43))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	spellings := shown()
	for _, made := range []any{verifier, signer, stream, struct{ v *Verifier }{verifier}, Middleware{Verifier: verifier}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			text := fmt.Sprintf(verb, made)
			for _, spelling := range spellings {
				if strings.Contains(text, spelling) {
					t.Errorf("%s of %T: %s", verb, made, text)
				}
			}
		}
	}
}
