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

// An Identity identifies a message: it differs from that of every other message of the same verifier. It can be
// compared, and be the key of a map or a row. It reveals nothing usable about a secret or signature.
type Identity [32]byte

// Identify identifies the message of an authentic delivery, so that a repetition can be recognised. The identity is
// made from the id if that is signed, otherwise from the whole signed text; it does not depend on the secret. Every
// delivery of one message has the same identity, in every process, also after secrets have changed. Call it only for an
// authentic delivery: a forger can give a delivery any identity. An unsigned id is ignored, since anyone who replays a
// message can change it.
//
// The delivery holds the whole body that was verified. Without it, as after [Verifier.Begin], the identity is that of a
// message with an empty body: if the sender signs no id, different messages then have one identity, and a memory of
// identities loses all but the first. [Verifier.BeginIdentified] identifies a body that arrives in pieces.
//
// The error is a [*ConfigError] with [ErrUnsupported] if the verifier checks a token or nothing; [ErrMissingPart] for a
// delivery in which the signature or a signed part is absent or malformed; or [ErrClosed]. The identity is then all
// zeros. Identify does not check whether the signature is right: verify first.
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
