package countersign

import (
	"net/http"
	"strings"
	"time"
)

// Verify decides whether a request is authentic, whose body has been read into body, just as it came. It is taken to have
// arrived now, at the URL that [RequestURL] tells; where that is not what the sender called, use
// [Verifier.VerifyDelivery]. The body of the request itself is not touched.
//
// The error is nil if and only if the request is authentic; else it is a [Rejection], [ErrClosed], or a [*ConfigError]
// for a request that is nil. A method or URL that is not UTF-8 fits no signature, where it is signed.
func (v *Verifier) Verify(request *http.Request, body []byte) (Verified, error) {
	return v.verifyAt(request, "", body)
}

// verifyAt is Verify with the URL, unless that is empty.
func (v *Verifier) verifyAt(request *http.Request, url string, body []byte) (Verified, error) {
	if request == nil {
		return rejected, invalid("the request is nil")
	}
	if url == "" {
		url = RequestURL(request)
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

// RequestURL tells the URL of a request as its sender called it, for schemes that sign it: https if it came over TLS, the
// host that was asked for, and path and query just as they came. Behind a proxy that speaks TLS, or that rewrites the
// path or the host, it is another one: say so by [Delivery.URL] or [Middleware.URL].
func RequestURL(request *http.Request) string {
	target := request.RequestURI
	if target == "" && request.URL != nil {
		// A request that no server has read.
		if request.URL.IsAbs() {
			return request.URL.String()
		}
		target = request.URL.RequestURI()
	}
	if !strings.HasPrefix(target, "/") {
		return target
	}
	scheme := "http://"
	if request.TLS != nil {
		scheme = "https://"
	}
	return scheme + request.Host + target
}
