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

// A Verifier verifies deliveries. It never changes: any number of goroutines may use it at the same time. It keeps no
// secrets, only keys made from them.
type Verifier struct {
	handle         atomic.Pointer[handle]
	signsURL       bool
	signsBodyAlone bool
}

// Verified says what made a delivery authentic.
type Verified struct {
	// Algorithm is that of the HMAC; NoAlgorithm for a token, or if the verifier checks nothing.
	Algorithm Algorithm
	// SecretIndex is that of the secret that matched, counted from 0 in the order in which they were given, the first if
	// several did; -1 if the verifier checks nothing, and with an error.
	SecretIndex int
	// CoversBody tells whether the MAC covers the whole body: its bytes, or a hash of them, or all of its fields. It is
	// false if the sender signs some fields of the body or nothing of it, so that whoever holds one signed delivery can
	// write the rest; for a token; if the verifier checks nothing; and with an error.
	CoversBody bool
}

// rejected is returned with an error.
var rejected = Verified{Algorithm: NoAlgorithm, SecretIndex: -1}

// VerifySignature decides whether signature, the value of the signature (or token) header, belongs to body.
//
// It is for schemes that sign only the body and values in that one header; with others the error is [ErrMissingPart] or
// [ErrMissingTimestamp]. Schemes with a tolerance, and secrets with bounds, use the system's clock. The error is nil if
// and only if the delivery is authentic; otherwise it is a [Rejection], or [ErrClosed].
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

// Header returns the name of the header that has the signature or token, whose value VerifySignature needs: the first,
// if there can be several, and "" if the verifier uses none or is closed.
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

// SignsURL reports whether the sender signs the URL, so that the receiver must know it: by [Middleware.Origin],
// [Verifier.VerifyAt] or [Delivery.URL]. It is false for a verifier that was not made by a function of this package.
func (v *Verifier) SignsURL() bool {
	return v != nil && v.signsURL
}

// SignsBodyAlone reports whether the sender signs nothing but the body, or parts of it, apart from literal text and the
// secret: no timestamp, no id in a header, no URL and no method. Two events with equal bodies then have one [Identity], and a
// [ReplayMemory] of identities loses the second: remember the hash of the identity and of the [DeliveryID] in its place. Do
// that for such senders only: for others, whoever has recorded a delivery could have it handled again with another id.
//
// It is false for a token, if the verifier checks nothing, and for the formats in which each message lists what it signs
// (jwt, rfc9421 and draft-cavage), since it can sign more than the body; and for a verifier that was not made by a function
// of this package.
func (v *Verifier) SignsBodyAlone() bool {
	return v != nil && v.signsBodyAlone
}

// Close closes the verifier, which returns ErrClosed from now on. Calls in progress finish normally, and streams that
// were begun remain valid. The next garbage collection wipes the keys and frees the memory, also for a verifier that is
// unreachable and was never closed. Close may be called again, at any time, and always returns nil.
func (v *Verifier) Close() error {
	if v != nil {
		v.handle.Store(nil)
	}
	return nil
}

// owner returns nil if the verifier is closed, or was never made.
func (v *Verifier) owner() *handle {
	if v == nil {
		return nil
	}
	return v.handle.Load()
}

// inHeader makes a verifier that looks only in the header name.
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

// raise converts a verdict to a value and an error.
func raise(verdict C.countersign_verdict) (Verified, error) {
	if verdict.status != C.COUNTERSIGN_STATUS_AUTHENTIC {
		return rejected, errorOf(verdict.status)
	}
	found := Verified{Algorithm(verdict.algorithm), -1, verdict.covers_body != 0}
	if verdict.secret_index != C.COUNTERSIGN_NO_SECRET {
		found.SecretIndex = int(verdict.secret_index)
	}
	return found, nil
}

// errorOf makes an error from a status that is not 0.
func errorOf(status C.countersign_status) error {
	switch {
	case status < C.COUNTERSIGN_STATUS_INVALID_ARGUMENT:
		return Rejection(status)
	case status > 255:
		return ErrInternal
	}
	return &ConfigError{Fault(status), C.GoString(C.countersign_status_message(C.uint32_t(status)))}
}
