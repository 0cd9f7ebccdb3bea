//go:build cgo

package countersign

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A verifier accepts what a signer of the same configuration makes, for this body and no other.
func TestWhatIsSignedVerifies(t *testing.T) {
	secret := []Secret{NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}
	scheme := `{"name": "mine", "signature": {"header": "X-Sign"}, "encoding": "BASE64_URL", "algorithm": "SHA_384",
		"signed": "{method} {url} {header:Host} {body}"}`
	configs := map[string]Config{"scheme": {Scheme: scheme}, "in another header": {Header: "X-Other", Algorithm: MD5, Encoding: Base64URL}}
	for _, preset := range []string{"github", "stripe", "standard-webhooks", "slack", "twilio"} {
		configs[preset] = Config{Preset: preset}
	}
	for _, algorithm := range []Algorithm{NoAlgorithm, MD5, SHA1, SHA224, SHA256, SHA384, SHA512} {
		configs[algorithm.String()] = Config{Algorithm: algorithm, Encoding: Hex}
	}
	for name, config := range configs {
		config.Secrets = secret
		verifier, err := New(config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		signer, err := NewSigner(config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body := []byte("a=1&b=2")
		request := httptest.NewRequest("POST", "https://example.com/orders?c=3", nil)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := signer.SignRequest(request, body, "msg_1"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := verifier.VerifyAt("https://example.com", request, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := verifier.VerifyAt("https://example.com/", request, []byte("a=1&b=3")); !errors.Is(err, ErrMismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASignerOfAConnection(t *testing.T) {
	connection := `{"auth_method": "HMAC", "auth_secret": "a secret", "algorithm": "INFER_FROM_HEADER"}`
	verifier, err := FromConnection(connection)
	if err != nil {
		t.Fatal(err)
	}
	for _, algorithm := range []Algorithm{NoAlgorithm, SHA512} {
		signer, err := SignerFromConnection(connection, algorithm)
		if err != nil {
			t.Fatal(err)
		}
		headers, err := signer.Sign(Delivery{}, "", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		verified, err := verifier.VerifyDelivery(Delivery{Headers: headers}, time.Now())
		if err != nil || algorithm == SHA512 && verified.Algorithm != SHA512 || algorithm == NoAlgorithm && verified.Algorithm != SHA256 {
			t.Errorf("%v: %v, %v", algorithm, verified, err)
		}
	}
	// With the connection's secret outside its JSON.
	verifier, err = FromConnection(`{"auth_method": "HMAC"}`, NewSecret("old"), NewSecret("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(Config{Secrets: []Secret{NewSecret("a secret")}})
	if err != nil {
		t.Fatal(err)
	}
	headers, err := signer.Sign(Delivery{}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if verified, err := verifier.VerifyDelivery(Delivery{Headers: headers}, time.Now()); err != nil || verified.SecretIndex != 1 {
		t.Error(verified, err)
	}
}

func TestMessagesThatCannotBeSigned(t *testing.T) {
	signer, err := NewSigner(Config{Scheme: `{"name": "mine", "signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "BASE64", "signed": "{method}{body}"}`, Secrets: []Secret{NewSecret("x")}})
	if err != nil {
		t.Fatal(err)
	}
	headers, err := signer.Sign(Delivery{}, "", time.Now())
	var config *ConfigError
	if headers != nil || !errors.As(err, &config) || !strings.Contains(config.Detail, "method") {
		t.Error(headers, err)
	}
	for _, request := range []*http.Request{nil, {}} {
		if err := signer.SignRequest(request, nil, ""); !errors.Is(err, ErrInvalidArgument) {
			t.Error(err)
		}
	}
}
