package countersign

import (
	"net/http"
	"time"
)

// Verify decides whether a request is authentic, whose body has been read into body, just as it came. It is taken to have
// arrived now. The body of the request itself is not touched.
//
// The error is nil if and only if the request is authentic; else it is a [Rejection], [ErrClosed], or a [*ConfigError]:
// for a request that is nil, and for every request if the sender signs the URL, which a request does not know: use
// [Verifier.VerifyAt] then. A method or URL that is not UTF-8 fits no signature, where it is signed.
func (v *Verifier) Verify(request *http.Request, body []byte) (Verified, error) {
	if v.SignsURL() && v.owner() != nil {
		return rejected, &ConfigError{ErrInvalidArgument, withoutOrigin + "; use VerifyAt"}
	}
	return v.verifyURL(request, "", body)
}

// VerifyAt is [Verifier.Verify] for every sender. Those that sign the URL have called the one that [RequestURL] tells, behind
// origin, such as https://hooks.example.com. An origin that is none is a [*ConfigError].
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

// verifyURL is Verify with the URL that the sender called, or "" where nobody needs it.
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
	// net/http keeps this one apart.
	if request.Host != "" {
		headers = append(headers, Header{"Host", request.Host})
	}
	return headers
}
