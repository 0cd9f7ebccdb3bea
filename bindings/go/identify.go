package countersign

/*
#cgo noescape go_identify
#cgo nocallback go_identify
#include "calls.h"
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// An Identity tells a message from every other one of the same verifier. It can be compared, and be the key of a map or of
// a row; it holds nothing of a secret or signature that could be used.
type Identity [32]byte

// Identify tells which message an authentic delivery is, so that a repetition of it can be known: by its id if that is
// signed, else by all that is signed, whichever secret has signed it. Every delivery of one message has the same identity,
// in every process, also after secrets have changed. Call it only after the delivery was found to be authentic:
// what a forger sends can be given any identity. An id that is not signed is not looked at, since whoever replays a message
// can change it.
//
// The error is a [*ConfigError] with [ErrUnsupported] if the verifier checks no signature but a token, or nothing;
// [ErrMissingPart] for a delivery that this verifier would not take; or [ErrClosed]. The identity is then all zeros.
func (v *Verifier) Identify(delivery Delivery) (Identity, error) {
	owner := v.owner()
	if owner == nil {
		return Identity{}, ErrClosed
	}
	block, lowered := delivery.lower("")
	defer block.giveBack()
	var identity C.countersign_identity
	status := C.go_identify((*C.countersign_verifier)(owner.pointer), lowered.head,
		(*C.char)(unsafe.Pointer(unsafe.SliceData(delivery.Body))), C.size_t(len(delivery.Body)), &identity)
	runtime.KeepAlive(owner)
	switch {
	case status == C.COUNTERSIGN_OK:
		return *(*Identity)(unsafe.Pointer(&identity)), nil
	case status == C.COUNTERSIGN_STATUS_UNSUPPORTED:
		return Identity{}, &ConfigError{ErrUnsupported, "without a signature one message cannot be told from another"}
	}
	return Identity{}, errorOf(status)
}
