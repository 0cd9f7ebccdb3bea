//go:build linux

package countersign

import (
	"errors"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A body of 5 GiB, of which nothing is in memory until it is read, and then one page again and again: all the ways take
// it. (Its signature is not the right one: what matters is that all come to the same end.)
func TestGiganticBodies(t *testing.T) {
	if testing.Short() {
		t.Skip("it hashes 15 GiB")
	}
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("no body can be that large")
	}
	body, err := syscall.Mmap(-1, 0, 5<<30, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = syscall.Munmap(body) }()
	verifier := github(t)
	_, err = verifier.VerifySignature(publishedSignature, body)
	if !errors.Is(err, ErrMismatch) {
		t.Error(err)
	}
	_, err = verifier.VerifyDelivery(Delivery{Headers: []Header{{"X-Hub-Signature-256", publishedSignature}}, Body: body}, time.Now())
	if !errors.Is(err, ErrMismatch) {
		t.Error(err)
	}
	verdicts := verifier.VerifyBatch([]SignedBody{{publishedSignature, body, nil}, {publishedSignature, []byte(publishedBody), nil}})
	if !errors.Is(verdicts[0].Err, ErrMismatch) || verdicts[1].Err != nil {
		t.Error(verdicts)
	}
}
