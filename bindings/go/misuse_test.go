//go:build cgo

package countersign

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestConfigurationsThatDoNotFitAreRefused(t *testing.T) {
	one := []Secret{NewSecret("a secret")}
	minute := &Tolerance{time.Minute, time.Minute}
	scheme := `{"name": "mine", "signature": {"header": "X-Sign"}, "encoding": "HEXA_DECIMAL", "algorithm": "SHA_256"}`
	tests := []struct {
		config Config
		fault  Fault
		says   string
	}{
		{Config{}, ErrEmptySecret, "secret"},
		{Config{Secrets: []Secret{{}}}, ErrEmptySecret, "secret"},
		{Config{Secrets: []Secret{NewSecret("")}}, ErrEmptySecret, "secret"},
		{Config{Secrets: []Secret{NewSecret(" ")}, Preset: "github"}, ErrEmptySecret, "nothing but white space"},
		{Config{Secrets: []Secret{NewSecret("******")}, Preset: "github"}, ErrEmptySecret, "give the secret itself"},
		{Config{Secrets: []Secret{NewSecret([]byte(nil))}, Preset: "github"}, ErrEmptySecret, "secret"},
		{Config{Secrets: slices.Repeat(one, 9)}, ErrInvalidConfig, "8 secrets"},
		{Config{Secrets: slices.Repeat(one, 100_000)}, ErrInvalidConfig, "8 secrets"},
		{Config{Secrets: one, Algorithm: 7}, ErrInvalidArgument, "7"},
		{Config{Secrets: one, Encoding: 9}, ErrInvalidArgument, "9"},
		{Config{Secrets: one, Header: "X Sign"}, ErrInvalidConfig, "not a header name"},
		{Config{Secrets: one, Header: "X-\xff"}, ErrInvalidArgument, "UTF-8"},
		{Config{Secrets: one, Header: "X-Sign\x00"}, ErrInvalidConfig, "name"},
		{Config{Secrets: one, Preset: "gitub"}, ErrUnknownPreset, "github"},
		{Config{Secrets: one, Preset: "git\x00hub"}, ErrUnknownPreset, ""},
		{Config{Secrets: one, Preset: "\xff"}, ErrInvalidArgument, "UTF-8"},
		{Config{Secrets: one, Preset: strings.Repeat("x", 1<<12)}, ErrUnknownPreset, ""},
		{Config{Secrets: one, Preset: "paypal"}, ErrUnsupported, "PayPal"},
		{Config{Secrets: one, Scheme: "{"}, ErrInvalidConfig, "line 1"},
		{Config{Secrets: one, Scheme: "\xff"}, ErrInvalidArgument, "UTF-8"},
		{Config{Secrets: one, Preset: "github", Scheme: scheme}, ErrInvalidConfig, "both"},
		{Config{Secrets: one, Preset: "github", Algorithm: SHA256}, ErrInvalidConfig, "leave"},
		{Config{Secrets: one, Scheme: scheme, Encoding: Hex}, ErrInvalidConfig, "leave"},
		{Config{Secrets: one, Preset: "github", Token: true}, ErrInvalidConfig, "leave"},
		{Config{Secrets: one, Token: true, Algorithm: SHA256}, ErrInvalidConfig, "token"},
		{Config{Secrets: []Secret{NewSecret("\n")}, Token: true}, ErrMalformedSecret, ""},
		{Config{Secrets: one, Tolerance: minute}, ErrInvalidConfig, "Tolerance"},
		{Config{Secrets: one, Preset: "github", Tolerance: minute}, ErrInvalidConfig, "timestamp"},
		{Config{Secrets: one, Preset: "stripe", Tolerance: &Tolerance{-time.Second, 0}}, ErrInvalidConfig, "seconds"},
		{Config{Secrets: one, Preset: "stripe", Tolerance: &Tolerance{0, time.Millisecond}}, ErrInvalidConfig, "seconds"},
		{Config{Secrets: one, Preset: "stripe", Tolerance: &Tolerance{1 << 62, 0}}, ErrInvalidConfig, "seconds"},
		{Config{Secrets: []Secret{NewSecret("not base64!")}, Preset: "standard-webhooks"}, ErrMalformedSecret, ""},
	}
	for index, test := range tests {
		verifier, err := New(test.config)
		var config *ConfigError
		if verifier != nil || !errors.As(err, &config) || !errors.Is(err, test.fault) || !strings.Contains(config.Detail, test.says) || config.Detail == "" {
			t.Errorf("%d: %v, %v; not %v that says %q", index, verifier, err, test.fault, test.says)
		}
	}
	for name, err := range map[string]error{
		"preset":                  second(Preset("", one...)),
		"scheme":                  second(FromScheme("", one...)),
		"connection":              second(FromConnection("")),
		"connection, null":        second(FromConnection("null")),
		"connection, a number":    second(FromConnection("1")),
		"connection, deep":        second(FromConnection(strings.Repeat("[", 1<<20))),
		"connection, without":     second(FromConnection(`{"auth_method": "HMAC"}`)),
		"signer":                  second(NewSigner(Config{})),
		"signer of a token":       second(NewSigner(Config{Token: true, Secrets: one})),
		"signer, unknown preset":  second(NewSigner(Config{Preset: "gitub", Secrets: one})),
		"signer, wrong number":    second(NewSigner(Config{Algorithm: 77, Secrets: one})),
		"signer, no name":         second(NewSigner(Config{Header: "a b", Secrets: one})),
		"signer of a connection":  second(SignerFromConnection("{}", NoAlgorithm)),
		"signer, other algorithm": second(SignerFromConnection(`{"auth_method": "HMAC", "auth_secret": "x"}`, MD5)),
	} {
		var config *ConfigError
		if !errors.As(err, &config) || config.Detail == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A verifier that checks nothing needs an explicit NONE, and no other setting that asks for a check.
func TestNothingIsLeftUncheckedByAccident(t *testing.T) {
	secret := NewSecret("do not show me")
	var unset Secret
	for _, connection := range []string{
		"{}",
		`{"algorithm": "SHA_256"}`,
		`{"signature_encoding": "HEXA_DECIMAL"}`,
		`{"group_id": "g", "service": "webhooks", "config": {"schema": "s", "table": "t"}}`,
		`{"auth_method": "NONE", "auth_secret": "do not show me"}`,
		`{"auth_method": "NONE", "auth_secret": null}`,
		`{"auth_method": "NONE", "auth_header_key": "X-Sign"}`,
	} {
		for call, err := range map[string]error{
			"FromConnection":               second(FromConnection(connection)),
			"FromConnection, no secrets":   second(FromConnection(connection, []Secret{}...)),
			"FromConnection, a secret":     second(FromConnection(connection, secret)),
			"FromConnection, an unset one": second(FromConnection(connection, unset)),
			"SignerFromConnection":         second(SignerFromConnection(connection, NoAlgorithm)),
		} {
			if !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "auth_") || strings.Contains(err.Error(), "show me") {
				t.Errorf("%s of %s: %v", call, connection, err)
			}
		}
	}
	for _, config := range []Config{{}, {Secrets: []Secret{unset}}, {Preset: "github"}, {Token: true}, {Token: true, Secrets: []Secret{unset}}} {
		if verifier, err := New(config); verifier != nil || !errors.Is(err, ErrEmptySecret) {
			t.Errorf("%+v: %v", config, err)
		}
	}
	stated := `{"auth_method": "NONE"}`
	verifier, err := FromConnection(stated)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.VerifySignature("forged", []byte("body")); err != nil {
		t.Error(err)
	}
	for _, given := range []Secret{secret, unset} {
		if _, err := FromConnection(stated, given); !errors.Is(err, ErrInvalidConfig) {
			t.Errorf("NONE with a secret: %v", err)
		}
	}
	adyen := Config{Preset: "adyen", Secrets: []Secret{NewSecret("44782DEF547AAA06")}, Header: "X-Sign"}
	if _, err := New(adyen); !errors.Is(err, ErrInvalidConfig) {
		t.Errorf("a header for a signature that stands in the body: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestTheNilTheZeroAndTheClosedAnswerErrClosed(t *testing.T) {
	closed, err := New(Config{Secrets: []Secret{NewSecret("x")}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := closed.Close(); err != nil {
			t.Error(err)
		}
	}
	request := httptest.NewRequest("POST", "/", nil)
	for name, verifier := range map[string]*Verifier{"nil": nil, "zero": new(Verifier), "closed": closed} {
		_, begun := verifier.Begin(Delivery{}, time.Now())
		_, begunIdentified := verifier.BeginIdentified(Delivery{}, time.Now())
		_, begunSignature := verifier.BeginSignature("")
		for call, err := range map[string]error{
			"VerifySignature": second(verifier.VerifySignature("", nil)),
			"Verify":          second(verifier.Verify(request, nil)),
			"VerifyDelivery":  second(verifier.VerifyDelivery(Delivery{}, time.Now())),
			"Begin":           begun, "BeginIdentified": begunIdentified, "BeginSignature": begunSignature,
			"CanStream": verifier.CanStream(),
			"Handshake": second(verifier.Handshake(Delivery{}, time.Now())),
		} {
			if err != ErrClosed {
				t.Errorf("%s of a %s verifier: %v", call, name, err)
			}
		}
		verdicts := verifier.VerifyBatch(make([]SignedBody, 2000))
		for _, verdict := range verdicts {
			if verdict != (Verdict{rejected, ErrClosed}) {
				t.Fatalf("a batch of a %s verifier: %v", name, verdict)
			}
		}
		if len(verdicts) != 2000 || verifier.Header() != "" || verifier.Close() != nil {
			t.Error(name)
		}
	}
	for name, signer := range map[string]*Signer{"nil": nil, "zero": new(Signer)} {
		if _, err := signer.Sign(Delivery{}, "", time.Now()); err != ErrClosed || signer.Close() != nil {
			t.Errorf("a %s signer: %v", name, err)
		}
	}
	for name, stream := range map[string]*Stream{"nil": nil, "zero": new(Stream)} {
		_, err := stream.Finish()
		if _, written := stream.Write([]byte("x")); err != ErrClosed || written != ErrClosed || stream.Close() != nil {
			t.Errorf("a %s stream: %v, %v", name, err, written)
		}
	}
}

func TestRequestsThatNobodyShouldSend(t *testing.T) {
	verifier := github(t)
	if _, err := verifier.Verify(nil, nil); !errors.Is(err, ErrInvalidArgument) {
		t.Error(err)
	}
	tests := []struct {
		request *http.Request
		code    int
	}{
		{&http.Request{}, 1},
		{&http.Request{Header: http.Header{"": {""}}}, 1},
		{&http.Request{Header: http.Header{"X-Hub-Signature-256": nil}}, 1},
		{&http.Request{Header: http.Header{"X-Hub-Signature-256": {""}}}, 3},
		{&http.Request{Header: http.Header{"x-hub-signature-256": {publishedSignature}}}, 0},
		{&http.Request{Header: http.Header{"X-Hub-Signature-256": {publishedSignature, publishedSignature}}}, 2},
		{&http.Request{Header: http.Header{"X-Hub-Signature-256": {"sha256=\xff\x00é" + publishedSignature}}}, 6},
		{&http.Request{Header: http.Header{"X-Hub-Signature-256": {publishedSignature}, "Ÿ\xfe": {"\xff"}}}, 0},
		{&http.Request{Header: http.Header{"X-Hub-Signature-256": {strings.Repeat("x", 9<<20)}}}, 3},
		{&http.Request{Header: http.Header{"X-Hub-Signature-256": {publishedSignature}}, Method: "\xff", URL: &url.URL{Path: "/\xff"}}, 0},
	}
	for index, test := range tests {
		if _, err := verifier.Verify(test.request, []byte(publishedBody)); Code(err) != test.code {
			t.Errorf("%d: %v, not %d", index, err, test.code)
		}
	}
	many := http.Header{"X-Hub-Signature-256": {publishedSignature}}
	for index := range 10_000 {
		many.Set(fmt.Sprint("X-", index), "x")
	}
	if _, err := verifier.Verify(&http.Request{Header: many}, []byte(publishedBody)); err != nil {
		t.Error(err)
	}
}

func TestMomentsOutOfAllMeasure(t *testing.T) {
	verifier, err := Preset("stripe", NewSecret("x"))
	if err != nil {
		t.Fatal(err)
	}
	for _, now := range []time.Time{{}, time.Unix(1<<40, 0), time.Unix(-1<<40, 0), time.UnixMilli(1<<63 - 1), time.UnixMilli(-1 << 63)} {
		delivery := Delivery{Headers: []Header{{"Stripe-Signature", "t=1614265330,v1=" + strings.Repeat("0", 64)}}}
		if _, err := verifier.VerifyDelivery(delivery, now); Code(err) == 0 || Code(err) == 127 {
			t.Errorf("%v: %v", now, err)
		}
	}
}
