//go:build cgo

package countersign

import (
	"errors"
	"strings"
	"testing"
)

// deliveryID returns the id of a delivery, of which there must be no fault.
func deliveryID(t *testing.T, verifier *Verifier, delivery Delivery) (DeliveryID, bool) {
	t.Helper()
	id, ok, err := verifier.DeliveryID(delivery)
	if err != nil || ok != (id.Text != "") {
		t.Fatal(id, ok, err)
	}
	return id, ok
}

func TestDeliveryID(t *testing.T) {
	header := Delivery{Headers: []Header{{"x-github-delivery", "72d3162e"}}}
	if id, ok := deliveryID(t, github(t), header); !ok || id != (DeliveryID{"72d3162e", false}) {
		t.Error(id, ok)
	}
	stripe, err := Preset("stripe", NewSecret("whsec_x"))
	if err != nil {
		t.Fatal(err)
	}
	longest := strings.Repeat("x", MaxDeliveryID)
	for body, expected := range map[string]DeliveryID{
		`{"id": "evt_1"}`:            {"evt_1", true},
		`{"id": 17}`:                 {"17", true},
		`{"id": "` + longest + `"}`:  {longest, true},
		`{"id": "x` + longest + `"}`: {},
		`{"id": 1, "id": 1}`:         {},
		"":                           {},
	} {
		if id, _ := deliveryID(t, stripe, Delivery{Body: []byte(body)}); id != expected {
			t.Errorf("%.40s: %v", body, id)
		}
	}
}

// A connection may say where the id is.
func TestIDFromOfAConnection(t *testing.T) {
	verifier, err := FromConnection(`{"auth_method": "TOKEN_BASED", "auth_secret": "a", "id_from": [["query:shop", "form:id"]]}`)
	if err != nil {
		t.Fatal(err)
	}
	form := []Header{{"Content-Type", "application/x-www-form-urlencoded"}}
	delivery := Delivery{URL: "https://hooks.example.com/?shop=a:b", Headers: form, Body: []byte("id=7")}
	if id, ok := deliveryID(t, verifier, delivery); !ok || id != (DeliveryID{"a%3Ab:7", false}) {
		t.Error(id, ok)
	}
	_, err = FromConnection(`{"auth_method": "NONE", "id_from": "X-Id"}`)
	if !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "header:NAME") {
		t.Error(err)
	}
}

func TestDeliveryIDOfAClosedVerifier(t *testing.T) {
	closed := github(t)
	closed.Close()
	for _, verifier := range []*Verifier{nil, new(Verifier), closed} {
		if id, ok, err := verifier.DeliveryID(Delivery{}); err != ErrClosed || ok || id != (DeliveryID{}) {
			t.Error(id, ok, err)
		}
	}
}
