package countersign

/*
#cgo noescape countersign_verify_batch
#cgo nocallback countersign_verify_batch
#include "calls.h"
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// A SignedBody is a signature, and the body to check it against.
type SignedBody struct {
	// Signature is the value of the signature (or token) header.
	Signature string
	// Body is the raw body.
	Body []byte
	// Verifier checks it. If nil, the verifier whose VerifyBatch is called does.
	Verifier *Verifier
}

// A Verdict is what VerifySignature returns.
type Verdict struct {
	Verified Verified
	// Err is nil if and only if it is authentic.
	Err error
}

const (
	// How many items are passed to C at a time, which limits the memory for them. The library itself processes as many at
	// a time.
	stride = 1024
	// Up to this length a text is copied for C; a longer one is pinned, which costs the same for any length.
	longestCopy = 2048
)

// VerifyBatch decides for each of many signatures whether it belongs to its body. Each verdict is the one that
// [Verifier.VerifySignature] would return for that item. The messages are hashed side by side, which takes a fraction
// of the time.
func (v *Verifier) VerifyBatch(items []SignedBody) []Verdict {
	verdicts := make([]Verdict, len(items))
	for start := 0; start < len(items); start += stride {
		end := min(start+stride, len(items))
		v.verifyStride(items[start:end], verdicts[start:end])
	}
	return verdicts
}

func (v *Verifier) verifyStride(items []SignedBody, verdicts []Verdict) {
	size := uintptr(0)
	for index := range items {
		size += copied(len(items[index].Signature)) + copied(len(items[index].Body))
	}
	count := len(items)
	block := takeBlock(sizeOf[C.countersign_signed_body](count) + sizeOf[C.countersign_verdict](count) + size)
	defer block.giveBack()
	to := &writer{block.start}
	questions := array[C.countersign_signed_body](to, count)
	answers := array[C.countersign_verdict](to, count)

	var pins runtime.Pinner
	defer pins.Unpin()
	own := v.owner()
	owners := make([]*handle, 0, 8)
	for index := range items {
		item, question, owner := &items[index], &questions[index], own
		if item.Verifier != nil {
			owner = item.Verifier.owner()
			if len(owners) == 0 || owners[len(owners)-1] != owner {
				owners = append(owners, owner)
			}
		}
		// A verdict that the library does not write must not read as authentic, which is 0.
		answers[index].status = C.COUNTERSIGN_STATUS_INTERNAL
		if owner == nil {
			// Without a verifier, the verdict is ErrClosed.
			continue
		}
		question.verifier = (*C.countersign_verifier)(owner.pointer)
		question.signature = lend(to, &pins, unsafe.StringData(item.Signature), len(item.Signature))
		question.signature_length = C.size_t(len(item.Signature))
		question.body = lend(to, &pins, unsafe.SliceData(item.Body), len(item.Body))
		question.body_length = C.size_t(len(item.Body))
	}
	C.countersign_verify_batch(unsafe.SliceData(questions), C.size_t(count), unsafe.SliceData(answers))
	runtime.KeepAlive(own)
	runtime.KeepAlive(owners)
	for index := range verdicts {
		verdict := &verdicts[index]
		if questions[index].verifier == nil {
			*verdict = Verdict{rejected, ErrClosed}
			continue
		}
		verdict.Verified, verdict.Err = raise(answers[index])
	}
}

// copied returns how much room lend needs in the block.
func copied(length int) uintptr {
	if length > longestCopy {
		return 0
	}
	return uintptr(length)
}

// lend makes bytes readable for C until they are unpinned.
func lend(to *writer, pins *runtime.Pinner, data *byte, length int) unsafe.Pointer {
	if length <= longestCopy {
		return text(to, unsafe.Slice(data, length))
	}
	pins.Pin(data)
	return unsafe.Pointer(data)
}
