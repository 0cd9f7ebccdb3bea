//go:build cgo

package countersign

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// Every vector gets the same number in Go as in every language: whole, in pieces, and in a batch.
func TestVectors(t *testing.T) {
	var vectors, passed, refused, streams, batched, ids, handshakes int
	for file, list := range corpus(t) {
		t.Run(file, func(t *testing.T) {
			var items []SignedBody
			for index := range list {
				vector := &list[index]
				vectors++
				verifier, err := vector.Verifier.make()
				if err != nil {
					refused++
					checkRefused(t, vector, err)
					count(t, &passed)
					continue
				}
				defer verifier.Close()
				delivery, now := vector.delivery()
				verified, err := verifier.VerifyDelivery(delivery, now)
				vector.check(t, "whole", verified, err)
				ids += checkID(t, vector, verifier, delivery)
				handshakes += checkHandshake(t, vector, verifier, delivery, now)
				streams += inPieces(t, vector, verifier, delivery, now)
				count(t, &passed)
				if line := onlyLine(verifier, delivery); line != nil {
					items = append(items, SignedBody{line.Value, delivery.Body, verifier})
				}
			}
			batched += len(items)
			inBatch(t, items)
		})
	}
	// scripts/test-everywhere looks for this line.
	fmt.Printf("vectors: %d of %d passed\n", passed, vectors)
	t.Logf("%d vectors, of them %d refused configurations; %d streams, %d signatures in batches", vectors, refused, streams, batched)
	if vectors < 5000 || refused < 500 || streams < 3*4000 || batched < 4000 || ids < 300 || handshakes < 400 {
		t.Error("that is fewer than there are")
	}
}

// count counts what has passed, up to the first fault of a file.
func count(t *testing.T, passed *int) {
	if !t.Failed() {
		*passed++
	}
}

// codes are the numbers of the outcomes, the same in all languages.
var codes = map[string]int{
	"authentic": 0, "missing_signature": 1, "repeated_signature": 2, "malformed_signature": 3, "unknown_algorithm": 4,
	"algorithm_not_accepted": 5, "malformed_encoding": 6, "wrong_length": 7, "mismatch": 8, "missing_timestamp": 9,
	"malformed_timestamp": 10, "expired": 11, "from_future": 12, "missing_part": 13, "replayed": 14, "body_too_large": 15,
	"empty_secret": 65, "malformed_secret": 66, "invalid_config": 67, "unknown_preset": 68, "unsupported": 69,
}

// nameOf returns the name of an outcome in the vectors, and its number.
func nameOf(err error) (string, int) {
	var named interface {
		Name() string
		Code() int
	}
	switch {
	case err == nil:
		return "authentic", 0
	case errors.As(err, &named):
		return named.Name(), named.Code()
	}
	return err.Error(), -1
}

func checkRefused(t *testing.T, vector *vector, err error) {
	t.Helper()
	var config *ConfigError
	if !errors.As(err, &config) || config.Detail == "" || Code(err) < 64 {
		t.Errorf("%s: %v is no ConfigError with a detail", vector.ID, err)
	}
	if name, code := nameOf(err); name != vector.Expect || code != codes[vector.Expect] {
		t.Errorf("%s: %s, %d, not %s: %v", vector.ID, name, code, vector.Expect, err)
	}
}

func (v *vector) check(t *testing.T, how string, verified Verified, err error) {
	t.Helper()
	name, code := nameOf(err)
	if name != v.Expect || code != codes[v.Expect] || code != Code(err) {
		t.Errorf("%s (%s): %s, %d, not %s", v.ID, how, name, code, v.Expect)
	}
	expected := rejected
	if v.Algorithm != nil {
		expected.Algorithm = *v.Algorithm
	}
	if v.SecretIndex != nil {
		expected.SecretIndex = *v.SecretIndex
	}
	expected.CoversBody = v.Algorithm != nil && v.CoversBody == nil
	if verified != expected {
		t.Errorf("%s (%s): %v, not %v", v.ID, how, verified, expected)
	}
}

// checkID checks that the id of the delivery is the one that the vector states, and returns 1 if it states one.
func checkID(t *testing.T, vector *vector, verifier *Verifier, delivery Delivery) int {
	t.Helper()
	if len(vector.DeliveryID) == 0 {
		return 0
	}
	var stated struct {
		Text     string `json:"text"`
		IsSigned bool   `json:"is_signed"`
	}
	if err := json.Unmarshal(vector.DeliveryID, &stated); err != nil {
		t.Fatal(err)
	}
	if id, ok := deliveryID(t, verifier, delivery); id != DeliveryID(stated) || ok != (stated.Text != "") {
		t.Errorf("%s: %v, not %v", vector.ID, id, stated)
	}
	return 1
}

// checkHandshake checks that the answer is the one that the vector states, and returns 1 if it states one. Where it states
// none, the answer is made all the same.
func checkHandshake(t *testing.T, vector *vector, verifier *Verifier, delivery Delivery, now time.Time) int {
	t.Helper()
	found, err := verifier.Handshake(delivery, now)
	if err != nil {
		t.Errorf("%s: %v", vector.ID, err)
	}
	if len(vector.Handshake) == 0 {
		return 0
	}
	var stated *vectorHandshake
	if err := json.Unmarshal(vector.Handshake, &stated); err != nil {
		t.Fatal(err)
	}
	if stated == nil || found == nil {
		if stated != nil || found != nil {
			t.Errorf("%s: %v, not %s", vector.ID, found, vector.Handshake)
		}
		return 1
	}
	headers := make([]Header, len(stated.Headers))
	for index, line := range stated.Headers {
		headers[index] = line.header
	}
	if found.Status != stated.Status || !slices.Equal(found.Headers, headers) || string(found.Body) != stated.Body {
		t.Errorf("%s: %d %v %s, not %s", vector.ID, found.Status, found.Headers, found.Body, vector.Handshake)
	}
	secret, isChosen := found.Secret()
	if isChosen != (stated.Secret != nil) || isChosen && string(secret.Expose()) != *stated.Secret {
		t.Errorf("%s: another secret than in %s", vector.ID, vector.Handshake)
	}
	return 1
}

// inPieces verifies in pieces of several lengths. Faults of the headers are reported at the beginning.
func inPieces(t *testing.T, vector *vector, verifier *Verifier, delivery Delivery, now time.Time) int {
	t.Helper()
	if unsupported := verifier.CanStream(); unsupported != nil {
		if !errors.Is(unsupported, ErrUnsupported) {
			t.Errorf("%s: %v", vector.ID, unsupported)
		}
		for _, begin := range []func() (*Stream, error){
			func() (*Stream, error) { return verifier.Begin(delivery, now) },
			func() (*Stream, error) { return verifier.BeginIdentified(delivery, now) },
			func() (*Stream, error) { return verifier.BeginSignature("x") },
		} {
			if stream, err := begin(); stream != nil || !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s: %v, %v", vector.ID, stream, err)
			}
		}
		return 0
	}
	sizes := []int{1, 64, 1000}
	for _, size := range sizes {
		stream, err := verifier.Begin(delivery, now)
		verified := rejected
		if err == nil {
			writeInPieces(t, vector, stream, delivery.Body, size)
			verified, err = stream.Finish()
		}
		vector.check(t, "in pieces", verified, err)
	}
	whole, unidentified := verifier.Identify(delivery)
	for _, size := range sizes {
		stream, err := verifier.BeginIdentified(delivery, now)
		if errors.Is(unidentified, ErrUnsupported) {
			if stream != nil || !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s: %v, %v", vector.ID, stream, err)
			}
			continue
		}
		verified := rejected
		if err == nil {
			writeInPieces(t, vector, stream, delivery.Body, size)
			verified, err = stream.Finish()
			identity, without := stream.Identity()
			if (err == nil) != (without == nil) || err == nil && identity != whole || err != nil && identity != (Identity{}) {
				t.Errorf("%s: %x, %v, not %x", vector.ID, identity, without, whole)
			}
		}
		vector.check(t, "identified in pieces", verified, err)
	}
	return len(sizes)
}

func writeInPieces(t *testing.T, vector *vector, stream *Stream, body []byte, size int) {
	t.Helper()
	for rest := body; len(rest) > 0; {
		piece := rest[:min(size, len(rest))]
		rest = rest[len(piece):]
		if count, err := stream.Write(piece); count != len(piece) || err != nil {
			t.Errorf("%s: %d, %v", vector.ID, count, err)
		}
	}
}

// onlyLine returns the one line whose name is that of the verifier's header, if there is just one.
func onlyLine(verifier *Verifier, delivery Delivery) *Header {
	name := verifier.Header()
	var found *Header
	for index := range delivery.Headers {
		if line := &delivery.Headers[index]; line.Name == name {
			if found != nil {
				return nil
			}
			found = line
		}
	}
	return found
}

func inBatch(t *testing.T, items []SignedBody) {
	t.Helper()
	var none *Verifier
	for index, verdict := range none.VerifyBatch(items) {
		item := &items[index]
		verified, err := item.Verifier.VerifySignature(item.Signature, item.Body)
		if !reflect.DeepEqual(verdict, Verdict{verified, err}) {
			t.Errorf("item %d of the batch: %v, alone: %v, %v", index, verdict, verified, err)
		}
		stream, err := item.Verifier.BeginSignature(item.Signature)
		if err == nil {
			_, _ = stream.Write(item.Body)
			verified, err = stream.Finish()
		}
		if !errors.Is(err, ErrUnsupported) && !reflect.DeepEqual(verdict, Verdict{verified, err}) {
			t.Errorf("item %d of the batch: %v, in pieces: %v, %v", index, verdict, verified, err)
		}
	}
}
