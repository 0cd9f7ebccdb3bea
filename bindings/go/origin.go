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
	if path := withoutOriginOf(received); strings.HasPrefix(path, "/") {
		return path
	}
	return request.URL.RequestURI()
}

// withoutOriginOf returns path and query of a target in absolute form, which begins with another origin (RFC 9112, section
// 3.2.2) that the sender chooses as well. It returns every other target as it is.
func withoutOriginOf(target string) string {
	scheme, rest, isAbsolute := strings.Cut(target, "://")
	if !isAbsolute || strings.ContainsAny(scheme, "/?") {
		return target
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

// calledURL returns the URL that a client calls with a request, as the receiver sees it: the Host header, and path and
// query of the request line. Both leave out the fragment and the user, and an empty path is sent as "/". It is "" if the
// request has no host, or no path that could be sent.
func calledURL(request *http.Request) string {
	if request.URL == nil {
		return ""
	}
	scheme, target := "http", ""
	switch {
	case request.URL.IsAbs():
		// A request that a server has received and that is passed on keeps its old RequestURI, which no client sends.
		scheme, target = request.URL.Scheme, withoutOriginOf(request.URL.RequestURI())
	case request.TLS != nil:
		scheme, target = "https", targetOf(request)
	default:
		target = targetOf(request)
	}
	host := sentHost(request)
	if host == "" || !strings.HasPrefix(target, "/") {
		return ""
	}
	return scheme + "://" + host + target
}

// sentHost returns the Host header that a client sends with a request.
func sentHost(request *http.Request) string {
	if request.Host == "" && request.URL != nil {
		return request.URL.Host
	}
	return request.Host
}
