//go:build cgo

package countersign

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"
)

// For any input, all functions agree, and it is authentic if and only if the standard library says so.
func FuzzVerify(f *testing.F) {
	f.Add(publishedSignature, []byte(publishedBody), 3)
	f.Add("sha256=", []byte{}, 0)
	f.Add("sha256=\xff\x00", []byte("\x00"), -1)
	verifier := github(f)
	f.Fuzz(func(t *testing.T, signature string, body []byte, cut int) {
		mac := hmac.New(sha256.New, []byte(publishedSecret))
		mac.Write(body)
		if cut%2 == 0 {
			signature = "sha256=" + hex.EncodeToString(mac.Sum(nil))
		}
		found, err := verifier.VerifySignature(signature, body)
		// Spaces at the ends are trimmed, and hex digits of both cases accepted.
		text := bytes.Trim([]byte(signature), " \t")
		tag, wrong := hex.DecodeString(string(bytes.TrimPrefix(text, []byte("sha256="))))
		right := bytes.HasPrefix(text, []byte("sha256=")) && wrong == nil && hmac.Equal(tag, mac.Sum(nil))
		if right != (err == nil) {
			t.Errorf("%q: %v, but %t", signature, err, right)
		}
		delivery := Delivery{Headers: []Header{{"x-hub-signature-256", signature}}, Body: body}
		whole, wholeErr := verifier.VerifyDelivery(delivery, time.Now())
		batch := verifier.VerifyBatch([]SignedBody{{signature, body, nil}})[0]
		if whole != found || wholeErr != err || batch != (Verdict{found, err}) {
			t.Errorf("%q: %v, %v and %v, %v and %v", signature, found, err, whole, wholeErr, batch)
		}
		stream, begun := verifier.Begin(delivery, time.Now())
		if begun == nil {
			at := max(0, cut) % (len(body) + 1)
			_, _ = stream.Write(body[:at])
			_, _ = stream.Write(body[at:])
			_, begun = stream.Finish()
		}
		if !errors.Is(begun, err) && begun != err {
			t.Errorf("%q: %v, and %v in pieces", signature, err, begun)
		}
	})
}
