//go:build cgo

package countersign

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestIdentifyTellsMessagesApart(t *testing.T) {
	verifier := github(t)
	delivery := func(signature, body string) Delivery {
		return Delivery{Headers: []Header{{"X-Hub-Signature-256", signature}}, Body: []byte(body)}
	}
	first, err := verifier.Identify(delivery(publishedSignature, publishedBody))
	if err != nil || first == (Identity{}) {
		t.Fatal(first, err)
	}
	// Another spelling of the same signature is the same message, and so is one signed with an older secret.
	upper := "sha256=" + strings.ToUpper(strings.TrimPrefix(publishedSignature, "sha256="))
	rotated, err := Preset("github", NewSecret(publishedSecret), NewSecret("an old one"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(Config{Preset: "github", Secrets: []Secret{NewSecret("an old one")}})
	if err != nil {
		t.Fatal(err)
	}
	old, err := signer.Sign(Delivery{Body: []byte(publishedBody)}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for index, same := range []func() (Identity, error){
		func() (Identity, error) { return verifier.Identify(delivery(publishedSignature, publishedBody)) },
		func() (Identity, error) { return verifier.Identify(delivery(upper, publishedBody)) },
		func() (Identity, error) { return rotated.Identify(delivery(publishedSignature, publishedBody)) },
		func() (Identity, error) { return rotated.Identify(delivery(old[0].Value, publishedBody)) },
	} {
		if identity, err := same(); identity != first || err != nil {
			t.Errorf("%d: %x, %v", index, identity, err)
		}
	}
	if other, err := verifier.Identify(delivery(publishedSignature, "Hello, World?")); other == first || err != nil {
		t.Errorf("%x, %v", other, err)
	}
}

// The head of a delivery has no body: identified afterwards, all messages of this sender would be one.
func TestAStreamIdentifiesWhatItHasHashed(t *testing.T) {
	verifier := github(t)
	head := Delivery{Headers: []Header{{"X-Hub-Signature-256", publishedSignature}}}
	whole := head
	whole.Body = []byte(publishedBody)
	expected, err := verifier.Identify(whole)
	if err != nil {
		t.Fatal(err)
	}
	if ofNoBody, err := verifier.Identify(head); ofNoBody == expected || err != nil {
		t.Fatal(ofNoBody, err)
	}
	for cut := range len(publishedBody) + 1 {
		stream, err := verifier.BeginIdentified(head, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range []string{publishedBody[:cut], publishedBody[cut:]} {
			if _, err := stream.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
		}
		if identity, err := stream.Identity(); identity != (Identity{}) || !errors.Is(err, ErrInvalidArgument) {
			t.Errorf("before the end: %x, %v", identity, err)
		}
		if _, err := stream.Finish(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if identity, err := stream.Identity(); identity != expected || err != nil || stream.Close() != nil {
				t.Errorf("cut at %d: %x, %v", cut, identity, err)
			}
		}
	}
}

func TestAStreamHasNoIdentityUnlessItIsAskedForAndAuthentic(t *testing.T) {
	verifier := github(t)
	head := Delivery{Headers: []Header{{"X-Hub-Signature-256", publishedSignature}}}
	for name, one := range map[string]struct {
		begin func(Delivery, time.Time) (*Stream, error)
		body  string
	}{"not asked for": {verifier.Begin, publishedBody}, "not authentic": {verifier.BeginIdentified, "Hello, World?"}} {
		stream, err := one.begin(head, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Write([]byte(one.body)); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Finish(); (err == nil) != (one.body == publishedBody) {
			t.Errorf("%s: %v", name, err)
		}
		if identity, err := stream.Identity(); identity != (Identity{}) || !errors.Is(err, ErrInvalidArgument) {
			t.Errorf("%s: %x, %v", name, identity, err)
		}
	}
	if _, err := (*Stream)(nil).Identity(); err != ErrClosed {
		t.Error(err)
	}
}

// A signed id identifies the message, whatever else changes when it is sent again.
func TestASignedIdIsTheIdentity(t *testing.T) {
	config := Config{Preset: "standard-webhooks", Secrets: []Secret{NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}}
	verifier, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(config)
	if err != nil {
		t.Fatal(err)
	}
	identify := func(id string, seconds int64) Identity {
		t.Helper()
		delivery := Delivery{Body: []byte("{}")}
		now := time.Unix(1700000000+seconds, 0)
		if delivery.Headers, err = signer.Sign(delivery, id, now); err != nil {
			t.Fatal(err)
		}
		if _, err := verifier.VerifyDelivery(delivery, now); err != nil {
			t.Fatal(err)
		}
		identity, err := verifier.Identify(delivery)
		if err != nil {
			t.Fatal(err)
		}
		return identity
	}
	if identify("msg_1", 0) != identify("msg_1", 60) || identify("msg_1", 0) == identify("msg_2", 0) {
		t.Error("the id does not tell")
	}
}

func TestWhatCannotBeIdentified(t *testing.T) {
	token, err := New(Config{Token: true, Secrets: []Secret{NewSecret("a token")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		verifier *Verifier
		delivery Delivery
		fault    error
	}{
		{token, Delivery{Headers: []Header{{"Authorization", "a token"}}}, ErrUnsupported},
		{github(t), Delivery{}, ErrMissingPart},
		{github(t), Delivery{Method: "\xff"}, ErrMissingPart},
		{nil, Delivery{}, ErrClosed},
		{new(Verifier), Delivery{}, ErrClosed},
	} {
		if identity, err := test.verifier.Identify(test.delivery); !errors.Is(err, test.fault) || identity != (Identity{}) {
			t.Errorf("%v: %x, %v", test.fault, identity, err)
		}
	}
}
