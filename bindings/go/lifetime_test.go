//go:build cgo

package countersign

import (
	"errors"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// A verifier, a signer and streams are used and closed by many goroutines at the same time: each call succeeds or
// returns ErrClosed.
func TestCloseDuringUse(t *testing.T) {
	for range 50 {
		verifier, err := New(Config{Secrets: []Secret{NewSecret("a secret")}, Encoding: Hex})
		if err != nil {
			t.Fatal(err)
		}
		signer, err := NewSigner(Config{Secrets: []Secret{NewSecret("a secret")}, Encoding: Hex})
		if err != nil {
			t.Fatal(err)
		}
		body := []byte("a body")
		headers, err := signer.Sign(Delivery{Body: body}, "", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		stream, err := verifier.BeginSignature(headers[0].Value)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for worker := range 8 {
			group.Add(1)
			go func() {
				defer group.Done()
				for round := range 50 {
					_, err := verifier.VerifySignature(headers[0].Value, body)
					_, whole := verifier.VerifyDelivery(Delivery{Headers: headers, Body: body}, time.Now())
					_, signed := signer.Sign(Delivery{Body: body}, "", time.Now())
					batch := verifier.VerifyBatch([]SignedBody{{headers[0].Value, body, nil}, {headers[0].Value, body, verifier}})
					_, written := stream.Write(body)
					for _, err := range []error{err, whole, signed, written, batch[0].Err, batch[1].Err} {
						if err != nil && err != ErrClosed {
							t.Error(err)
						}
					}
					if worker == 0 && round == 10 {
						_, _ = stream.Finish()
						_ = verifier.Close()
						_ = signer.Close()
						runtime.GC()
					}
					_ = stream.Close()
				}
			}()
		}
		group.Wait()
	}
}

// One stream is fed, finished and closed by many goroutines at the same moment: exactly one of them gets the verdict.
func TestAStreamInManyHands(t *testing.T) {
	verifier := github(t)
	piece := make([]byte, 10_000)
	for range 500 {
		stream, err := verifier.BeginSignature(publishedSignature)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		var verdicts atomic.Int32
		start := make(chan struct{})
		for range 8 {
			group.Add(1)
			go func() {
				defer group.Done()
				<-start
				_, _ = stream.Write(piece)
				if _, err := stream.Finish(); err != ErrClosed {
					verdicts.Add(1)
				}
				_ = stream.Close()
			}()
		}
		close(start)
		group.Wait()
		if verdicts.Load() != 1 {
			t.Fatalf("%d verdicts", verdicts.Load())
		}
	}
}

// Objects that are unreachable or closed are freed: exactly once, and not before.
func TestHandlesAreFreed(t *testing.T) {
	const count = 100
	var freed atomic.Int64
	verifiers := make([]*Verifier, count)
	for index := range verifiers {
		verifiers[index] = new(Verifier)
		verifiers[index].handle.Store(own(unsafe.Pointer(new(int)), func(unsafe.Pointer) { freed.Add(1) }))
	}
	collect := func() {
		for range 3 {
			runtime.GC()
			time.Sleep(10 * time.Millisecond)
		}
	}
	wait := func(expected int64) {
		for range 100 {
			if collect(); freed.Load() >= expected {
				break
			}
		}
		if collect(); freed.Load() != expected {
			t.Fatalf("%d were freed, not %d", freed.Load(), expected)
		}
	}
	wait(0)
	for _, verifier := range verifiers[:count/2] {
		_ = verifier.Close()
		_ = verifier.Close()
	}
	wait(count / 2)
	runtime.KeepAlive(verifiers)
	verifiers = nil
	wait(count)
}

// A verifier may be closed while its streams are in use, and streams may be abandoned.
func TestStreamsOutliveTheirVerifier(t *testing.T) {
	verifier := github(t)
	stream, err := verifier.BeginSignature(publishedSignature)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if _, err := verifier.BeginSignature(publishedSignature); err != nil {
			t.Fatal(err)
		}
	}
	_ = verifier.Close()
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if _, err := stream.Write([]byte(publishedBody)); err != nil {
		t.Error(err)
	}
	if verified, err := stream.Finish(); err != nil || verified.Algorithm != SHA256 {
		t.Error(verified, err)
	}
	if _, err := stream.Finish(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestVerifyingAllocatesNothing(t *testing.T) {
	verifier := github(t)
	body := []byte(publishedBody)
	delivery := Delivery{Headers: []Header{{"X-Hub-Signature-256", publishedSignature}}, Body: body}
	now := time.Now()
	request := &http.Request{RequestURI: "/", Header: http.Header{"X-Hub-Signature-256": {publishedSignature}}, Host: "example.com"}
	for name, call := range map[string]func() error{
		"Verify":          func() error { return second(verifier.Verify(request, body)) },
		"VerifySignature": func() error { return second(verifier.VerifySignature(publishedSignature, body)) },
		"a rejection":     func() error { return expected(second(verifier.VerifySignature("sha256=00", body))) },
		"VerifyDelivery":  func() error { return second(verifier.VerifyDelivery(delivery, now)) },
	} {
		if allocations := testing.AllocsPerRun(1000, func() {
			if err := call(); err != nil {
				t.Fatal(err)
			}
		}); allocations != 0 {
			t.Errorf("%s: %v allocations", name, allocations)
		}
	}
}

// expected returns nil for an error, and an error for nil.
func expected(err error) error {
	if err == nil {
		return errors.New("it was taken")
	}
	return nil
}
