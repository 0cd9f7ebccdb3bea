//go:build cgo

package countersign

import (
	"net/http"
	"time"
)

// Verify decides whether a request is authentic. body is its body, exactly as received. The request counts as having
// arrived now. Verify does not touch the request's own Body.
//
// The error is nil if and only if the request is authentic; otherwise it is a [Rejection], [ErrClosed], or a
// [*ConfigError]: for a request that is nil, and for every request if the sender signs the URL, which a request does
// not contain: use [Verifier.VerifyAt] then. If the method or URL is signed and not UTF-8, it matches no signature.
func (v *Verifier) Verify(request *http.Request, body []byte) (Verified, error) {
	if v.SignsURL() && v.owner() != nil {
		return rejected, &ConfigError{ErrInvalidArgument, withoutOrigin + "; use VerifyAt"}
	}
	return v.verifyURL(request, "", body)
}

// VerifyAt is [Verifier.Verify] for every sender. For those that sign the URL, it is the one that [RequestURL] returns
// for origin, such as https://hooks.example.com. An invalid origin is a [*ConfigError]. Compare the query with the one
// that you gave the sender, for the reason that RequestURL states.
func (v *Verifier) VerifyAt(origin string, request *http.Request, body []byte) (Verified, error) {
	if request == nil {
		return rejected, invalid("the request is nil")
	}
	origin, err := checkOrigin(origin)
	if err != nil {
		return rejected, err
	}
	return v.verifyURL(request, requestURL(origin, request), body)
}

// verifyURL is Verify with the URL that the sender called, or "" if the verifier does not need it.
func (v *Verifier) verifyURL(request *http.Request, url string, body []byte) (Verified, error) {
	if request == nil {
		return rejected, invalid("the request is nil")
	}
	var room [24]Header
	delivery := Delivery{Method: request.Method, URL: url, Headers: headersOf(room[:0], request), Body: body}
	return v.VerifyDelivery(delivery, time.Now())
}

// headersOf appends the header lines of a request.
func headersOf(headers []Header, request *http.Request) []Header {
	for name, values := range request.Header {
		for _, value := range values {
			headers = append(headers, Header{name, value})
		}
	}
	// net/http keeps this one separately.
	if request.Host != "" {
		headers = append(headers, Header{"Host", request.Host})
	}
	return headers
}
