package countersign

/*
#cgo noescape go_verify
#cgo nocallback go_verify
#include "calls.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// A Delivery is one HTTP request from a sender, whatever received it. For one that net/http did, [Verifier.Verify] is
// shorter.
type Delivery struct {
	// Method is the request method, such as POST; URL is the URL as the sender called it, with scheme and host. Both are
	// read only by schemes that sign them, and are empty if they are not known; what is not UTF-8 fits no signature.
	Method, URL string
	// Headers are the header lines, in order of arrival.
	Headers []Header
	// Body is the raw body: not parsed, not decoded, not printed again.
	Body []byte
}

// A Header is one header line. Names compare without case; a value is as it came, and need not be text.
type Header struct {
	Name, Value string
}

// Format writes the method, and how much else there is, for every verb but %T and %p: headers and URL may hold a token, and a
// body is nobody's business in a log. In an unexported field of a struct all of it is printed, since fmt then calls no method.
func (d Delivery) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "Delivery{%q, %d headers, body of %d bytes}", d.Method, len(d.Headers), len(d.Body))
}

// VerifyDelivery decides whether a whole delivery is authentic. now is the moment at which it arrived, usually
// [time.Now]; it matters to schemes with a tolerance and to secrets with bounds.
//
// The error is nil if and only if the delivery is authentic; else it is a [Rejection], or [ErrClosed].
func (v *Verifier) VerifyDelivery(delivery Delivery, now time.Time) (Verified, error) {
	owner := v.owner()
	if owner == nil {
		return rejected, ErrClosed
	}
	block, lowered := delivery.lower("")
	defer block.giveBack()
	verdict := C.go_verify((*C.countersign_verifier)(owner.pointer), lowered.head,
		(*C.char)(unsafe.Pointer(unsafe.SliceData(delivery.Body))), C.size_t(len(delivery.Body)), C.int64_t(now.UnixMilli()))
	runtime.KeepAlive(owner)
	return raise(verdict)
}

// A loweredDelivery lies in a block: all of a delivery but its body, and an id beside it.
type loweredDelivery struct {
	head *C.countersign_delivery
	id   *C.char
}

// lower copies all but the body.
func (d *Delivery) lower(id string) (*block, loweredDelivery) {
	count := len(d.Headers)
	size := sizeOf[C.countersign_delivery](1) + sizeOf[C.countersign_header](count)
	size += uintptr(len(d.Method) + len(d.URL) + len(id))
	for index := range d.Headers {
		size += uintptr(len(d.Headers[index].Name) + len(d.Headers[index].Value))
	}
	block := takeBlock(size)
	to := &writer{block.start}
	head := &array[C.countersign_delivery](to, 1)[0]
	lines := array[C.countersign_header](to, count)
	for index := range d.Headers {
		line, header := &lines[index], &d.Headers[index]
		line.name, line.name_length = (*C.char)(text(to, header.Name)), C.size_t(len(header.Name))
		line.value, line.value_length = text(to, header.Value), C.size_t(len(header.Value))
	}
	head.headers, head.header_count = unsafe.SliceData(lines), C.size_t(count)
	head.method, head.method_length = (*C.char)(text(to, d.Method)), C.size_t(len(d.Method))
	head.url, head.url_length = (*C.char)(text(to, d.URL)), C.size_t(len(d.URL))
	return block, loweredDelivery{head, (*C.char)(text(to, id))}
}
