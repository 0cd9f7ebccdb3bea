//go:build cgo

package countersign

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// Batches of every length around the stride, with bodies that are copied and bodies that are not: each verdict is that
// of the single call, at the index of its item.
func TestBatchesAgreeWithSingleCalls(t *testing.T) {
	config := Config{Secrets: []Secret{NewSecret("a secret")}, Encoding: Hex}
	verifier, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	other, err := New(Config{Secrets: []Secret{NewSecret("another")}, Encoding: Hex, Algorithm: SHA512})
	if err != nil {
		t.Fatal(err)
	}
	closed := new(Verifier)
	signer, err := NewSigner(config)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]SignedBody, 2*stride+1)
	for index := range all {
		body := bytes.Repeat([]byte{byte(index)}, []int{0, 1, 100, longestCopy, longestCopy + 1, 5000}[index%6])
		headers, err := signer.Sign(Delivery{Body: body}, "", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		item := &all[index]
		*item = SignedBody{Signature: headers[0].Value, Body: body}
		switch index % 11 {
		case 1:
			item.Body = append([]byte("x"), body...)
		case 2:
			item.Signature = ""
		case 3:
			item.Signature = string(bytes.Repeat([]byte("x"), longestCopy+2))
		case 4:
			item.Verifier = other
		case 5:
			item.Verifier = closed
		case 6:
			item.Verifier = verifier
		}
	}
	// Several items in one piece of memory.
	shared := bytes.Repeat([]byte("x"), 3*longestCopy)
	all[7].Body, all[8].Body, all[9].Body = shared, shared[1:], shared[:longestCopy+1]
	for _, count := range []int{0, 1, 2, 500, stride - 1, stride, stride + 1, 2*stride + 1} {
		verdicts := verifier.VerifyBatch(all[:count])
		if len(verdicts) != count {
			t.Fatalf("%d verdicts on %d items", len(verdicts), count)
		}
		seen := map[int]int{}
		for index, verdict := range verdicts {
			by := all[index].Verifier
			if by == nil {
				by = verifier
			}
			verified, err := by.VerifySignature(all[index].Signature, all[index].Body)
			if verdict != (Verdict{verified, err}) {
				t.Fatalf("item %d of %d: %v in the batch, %v, %v alone", index, count, verdict, verified, err)
			}
			seen[Code(err)]++
		}
		if count > 500 && len(seen) < 5 {
			t.Errorf("only these verdicts: %v", seen)
		}
	}
}

func BenchmarkVerifySignature(b *testing.B) {
	for _, size := range []int{32, 256, 1024, 65536} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			config := Config{Secrets: []Secret{NewSecret("a secret")}}
			verifier, err := New(config)
			if err != nil {
				b.Fatal(err)
			}
			signer, err := NewSigner(config)
			if err != nil {
				b.Fatal(err)
			}
			body := make([]byte, size)
			headers, err := signer.Sign(Delivery{Body: body}, "", time.Now())
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := verifier.VerifySignature(headers[0].Value, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
