package countersign

/*
#cgo noescape go_delivery_id
#cgo nocallback go_delivery_id
#include "calls.h"
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// MaxDeliveryID is the length of the longest id of a delivery, in bytes.
const MaxDeliveryID = C.COUNTERSIGN_MAX_DELIVERY_ID

// A DeliveryID is the id by which a repetition of a delivery is recognised. It can be compared, and be the key of a map.
type DeliveryID struct {
	// Text is the id, 1 to [MaxDeliveryID] bytes of UTF-8 without control characters. Where a scheme joins several values,
	// there is a colon between them, and % and : in a value are written %25 and %3A. It may contain characters that are
	// invisible or turn the direction of a text (U+202E): log it with %+q, not with %s.
	Text string
	// IsSigned says whether the MAC covers it. If not, anyone who holds one signed delivery can send its body again with
	// another id, or give another delivery this id. It does not say how [Verifier.Identify] and a [ReplayMemory] recognise
	// a message: those read only an id of its own in the signed text ({id} in a scheme), never one inside the body.
	IsSigned bool
}

// DeliveryID finds the id of a delivery, if the scheme says where its sender puts one (id_from) and it is there; ok is false if
// not. It does not look at whether the delivery is authentic: call [Verifier.VerifyDelivery] first.
//
// Unlike [Verifier.Identify], it also reads ids that are not signed: in headers, in the query of the URL, and in JSON and form
// bodies. No id is looked for in a body with a Content-Encoding. These are no id: a header, parameter or JSON name that
// occurs twice, a value that is neither text nor a number, and a value that contains control characters or is longer than
// [MaxDeliveryID].
//
// The error is [ErrClosed], or nil.
func (v *Verifier) DeliveryID(delivery Delivery) (id DeliveryID, ok bool, err error) {
	owner := v.owner()
	if owner == nil {
		return DeliveryID{}, false, ErrClosed
	}
	block, lowered := delivery.lower("")
	defer block.giveBack()
	var text [MaxDeliveryID]byte
	found := C.go_delivery_id((*C.countersign_verifier)(owner.pointer), lowered.head,
		(*C.char)(unsafe.Pointer(unsafe.SliceData(delivery.Body))), C.size_t(len(delivery.Body)), (*C.char)(unsafe.Pointer(&text[0])))
	runtime.KeepAlive(owner)
	if found.status != C.COUNTERSIGN_OK {
		return DeliveryID{}, false, errorOf(found.status)
	}
	if found.length == 0 {
		return DeliveryID{}, false, nil
	}
	return DeliveryID{string(text[:found.length]), found.is_signed == 1}, true, nil
}
