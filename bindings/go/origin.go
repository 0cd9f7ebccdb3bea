//go:build cgo

package countersign

import (
	"net/http"
	"net/url"
	"strings"
)

const withoutOrigin = "this sender signs the URL that it called, and a request does not know that: its Host header is " +
	"whatever a sender writes there, so a delivery that was meant for another service could name that one; say by which " +
	"origin senders know this service, such as https://hooks.example.com"

// RequestURL returns the URL that the sender of a request called: origin, followed by path and query exactly as
// received. origin is the scheme and host by which senders know this service, such as https://hooks.example.com,
// followed by the part of the path that a proxy removes, if any. Never take it from the request, whose Host header the
// sender chooses.
//
// Path and query must be known too. If the URL touches the body in the signed text (PRESETS.md in the
// repository lists the presets for which it does), the end of a query can be moved into the body and back, and the signature still fits. Compare path and query
// with those that you gave the sender (request.URL.RawQuery != "k=v"), or verify with a constant URL.
//
// It returns "" for a request without a path, which no scheme that signs the URL accepts. An invalid origin is a
// [*ConfigError].
func RequestURL(origin string, request *http.Request) (string, error) {
	origin, err := checkOrigin(origin)
	if err != nil {
		return "", err
	}
	return requestURL(origin, request), nil
}

// requestURL is RequestURL with an origin that was checked.
func requestURL(origin string, request *http.Request) string {
	target := targetOf(request)
	if !strings.HasPrefix(target, "/") {
		return ""
	}
	return origin + target
}

// targetOf returns path and query.
func targetOf(request *http.Request) string {
	// http.StripPrefix and the like change the URL alone, so it is read only if no server has received the request, or one
	// without a path.
	received := request.RequestURI
	if strings.HasPrefix(received, "/") || request.URL == nil {
		return received
	}
	// A target in absolute form begins with another origin (RFC 9112, section 3.2.2), which the sender chooses as well.
	scheme, rest, isAbsolute := strings.Cut(received, "://")
	if !isAbsolute || strings.ContainsAny(scheme, "/?") {
		return request.URL.RequestURI()
	}
	at := strings.IndexAny(rest, "/?")
	switch {
	case at < 0:
		return "/"
	case rest[at] == '?':
		return "/" + rest[at:]
	}
	return rest[at:]
}

// checkOrigin returns the origin without the slash at its end.
func checkOrigin(origin string) (string, error) {
	parsed, err := url.Parse(origin)
	switch {
	case err != nil, parsed.Scheme != "https" && parsed.Scheme != "http", parsed.Hostname() == "", parsed.User != nil,
		strings.ContainsAny(origin, "?#"):
		return "", &ConfigError{ErrInvalidConfig, "the origin must be scheme and host, such as https://hooks.example.com, and the part of the path that a proxy removes, if any; without user, query or fragment"}
	}
	return strings.TrimRight(origin, "/"), nil
}

// calledURL returns the URL of a request that is about to be sent.
func calledURL(request *http.Request) string {
	if request.URL == nil {
		return ""
	}
	if request.URL.IsAbs() {
		return request.URL.String()
	}
	scheme := "http://"
	if request.TLS != nil {
		scheme = "https://"
	}
	return scheme + request.Host + targetOf(request)
}
