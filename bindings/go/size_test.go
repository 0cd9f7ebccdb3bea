//go:build linux && cgo

package countersign

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A body of more than 4 GiB, all of it one page of zeros: every function accepts it, in one piece. If the header is
// refused at once, nobody reads it; one function does.
func TestGiganticBodies(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("no body can be that large")
	}
	body, err := syscall.Mmap(-1, 0, 4<<30+100, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		t.Fatal(err)
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

// Objects that become unreachable do not fill the memory.
func TestNothingLeaks(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes 500,000 things, and the race detector takes memory of its own")
	}
	config := Config{Secrets: []Secret{NewSecret("a secret")}, Algorithm: SHA512}
	verifier, body := github(t), make([]byte, 5000)
	dropbox, err := Preset("dropbox", NewSecret("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	challenge := Delivery{Method: "GET", URL: "/?challenge=" + strings.Repeat("x", 500)}
	for name, leave := range map[string]func() error{
		"verifiers":  func() error { return second(New(config)) },
		"signers":    func() error { return second(NewSigner(config)) },
		"streams":    func() error { return second(verifier.BeginSignature(publishedSignature)) },
		"handshakes": func() error { return second(dropbox.Handshake(challenge, time.Now())) },
		"pins":       func() error { return second(0, verifier.VerifyBatch([]SignedBody{{"x", body, nil}})[0].Err) },
	} {
		round := func() {
			for range 10_000 {
				if err := leave(); err != nil && err != ErrMalformedSignature {
					t.Fatal(err)
				}
			}
			runtime.GC()
			time.Sleep(10 * time.Millisecond)
		}
		for range 3 {
			round()
		}
		// The smallest of them uses more than 200 bytes. A busy machine may free some late: then the memory grows once, and
		// not again.
		grown := 0
		for range 5 {
			before := resident(t)
			for range 10 {
				round()
			}
			if grown = resident(t) - before; grown < 10<<20 {
				break
			}
		}
		if grown >= 10<<20 {
			t.Errorf("100,000 %s: %d bytes more than before, again and again", name, grown)
		}
	}
}

// resident returns how much memory the process uses.
func resident(t *testing.T) int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var all, now int
	if _, err := fmt.Sscan(string(text), &all, &now); err != nil {
		t.Fatal(err)
	}
	return now * os.Getpagesize()
}
