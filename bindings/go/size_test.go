//go:build linux

package countersign

import (
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A body of more than 4 GiB, all of it one page of zeros: every way takes it, in one piece. Where the header is refused
// at once nobody reads it; one way does.
func TestGiganticBodies(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("no body can be that large")
	}
	body, err := syscall.Mmap(-1, 0, 4<<30+100, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = syscall.Munmap(body) }()
	verifier, err := New(Config{Secrets: []Secret{NewSecret("a secret")}, Algorithm: SHA1, Encoding: Hex, Header: "X-Sign"})
	if err != nil {
		t.Fatal(err)
	}
	_, signature := verifier.VerifySignature("x", body)
	_, delivery := verifier.VerifyDelivery(Delivery{Headers: []Header{{"X-Sign", "x"}}, Body: body}, time.Now())
	verdicts := verifier.VerifyBatch([]SignedBody{{"x", body, nil}, {"x", body, nil}, {string(body[:16<<20]), body, nil}})
	for _, err := range []error{signature, delivery, verdicts[0].Err, verdicts[1].Err} {
		if err != ErrMalformedEncoding {
			t.Error(err)
		}
	}
	if verdicts[2].Err != ErrMalformedSignature {
		t.Error(verdicts[2].Err)
	}
	if testing.Short() {
		return
	}
	// From Python: hmac.new(b"a secret", bytes(2**32 + 100), "sha1").hexdigest()
	if _, err := verifier.VerifySignature("f5aa36fe72d7f81a77dea0520c079820fc7a6cb5", body); err != nil {
		t.Error(err)
	}
}
