package countersign

/*
#cgo noescape go_verify_signature
#cgo nocallback go_verify_signature
#include "calls.h"
*/
import "C"

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// A Verifier checks deliveries. It never changes: any number of goroutines may use it at the same time. It keeps no
// secret, only the keys made of them.
type Verifier struct {
	handle   atomic.Pointer[handle]
	signsURL bool
}

// Verified says what made a delivery authentic.
type Verified struct {
	// Algorithm is that of the HMAC; NoAlgorithm for a token, or where no authentication is asked for.
	Algorithm Algorithm
	// SecretIndex is that of the secret that matched, counted from 0 in the order in which they were given, the first if
	// several did; -1 where no authentication is asked for, and beside an error.
	SecretIndex int
}

// rejected stands beside an error.
var rejected = Verified{NoAlgorithm, -1}

// VerifySignature decides whether signature, the value of the signature (or token) header, belongs to body.
//
// It is for schemes that sign nothing but the body and what stands in that one header; with others the error is
// [ErrMissingPart] or [ErrMissingTimestamp]. Schemes with a tolerance, and secrets with bounds, look at the system's clock.
// The error is nil if and only if the delivery is authentic; else it is a [Rejection], or [ErrClosed].
func (v *Verifier) VerifySignature(signature string, body []byte) (Verified, error) {
	owner := v.owner()
	if owner == nil {
		return rejected, ErrClosed
	}
	verdict := C.go_verify_signature((*C.countersign_verifier)(owner.pointer),
		(*C.char)(unsafe.Pointer(unsafe.StringData(signature))), C.size_t(len(signature)),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(body))), C.size_t(len(body)))
	runtime.KeepAlive(owner)
	return raise(verdict)
}

// Header returns the name of the header that holds the signature or token, whose value VerifySignature wants: the first,
// if there can be several, and "" if the verifier looks for none or is closed.
func (v *Verifier) Header() string {
	owner := v.owner()
	if owner == nil {
		return ""
	}
	room := C.malloc(longestText)
	defer C.free(room)
	name := C.countersign_text{data: (*C.char)(room), capacity: longestText}
	C.countersign_verifier_header((*C.countersign_verifier)(owner.pointer), &name)
	runtime.KeepAlive(owner)
	return C.GoStringN(name.data, C.int(min(name.length, longestText-1)))
}

// SignsURL tells whether the sender signs the URL, so that the receiver must know it: by [Middleware.Origin], by
// [Verifier.VerifyAt] or by [Delivery.URL]. It is false for a verifier that was not made by a function of this package.
func (v *Verifier) SignsURL() bool {
	return v != nil && v.signsURL
}

// Close makes the verifier answer ErrClosed from now on. Calls that are under way end as they would have, and streams that
// were begun stay good. Its keys are wiped and its memory is freed by the next garbage collection after that, as those of a
// verifier are that is forgotten without Close. Close may be called again, at any time, and always returns nil.
func (v *Verifier) Close() error {
	if v != nil {
		v.handle.Store(nil)
	}
	return nil
}

// owner returns nil if the verifier is closed, or never was one.
func (v *Verifier) owner() *handle {
	if v == nil {
		return nil
	}
	return v.handle.Load()
}

// inHeader makes a verifier that looks in the header name alone.
func (v *Verifier) inHeader(name string) (*Verifier, error) {
	owner := v.owner()
	lowered := lowerSecrets(nil, name)
	defer lowered.wipe()
	another, err := makeVerifier(func(another **C.countersign_verifier, text *C.countersign_text) C.countersign_status {
		return C.countersign_verifier_in_header((*C.countersign_verifier)(owner.pointer), lowered.texts[0], C.size_t(len(name)), another, text)
	})
	runtime.KeepAlive(owner)
	return another, err
}

// raise makes of a verdict what Go expects.
func raise(verdict C.countersign_verdict) (Verified, error) {
	if verdict.status != C.COUNTERSIGN_STATUS_AUTHENTIC {
		return rejected, errorOf(verdict.status)
	}
	found := Verified{Algorithm(verdict.algorithm), -1}
	if verdict.secret_index != C.COUNTERSIGN_NO_SECRET {
		found.SecretIndex = int(verdict.secret_index)
	}
	return found, nil
}

// errorOf makes an error of a status that is not 0.
func errorOf(status C.countersign_status) error {
	switch {
	case status < C.COUNTERSIGN_STATUS_INVALID_ARGUMENT:
		return Rejection(status)
	case status > 255:
		return ErrInternal
	}
	return &ConfigError{Fault(status), C.GoString(C.countersign_status_message(C.uint32_t(status)))}
}
