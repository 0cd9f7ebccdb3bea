//go:build cgo

package countersign

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// shop is a handler after the middleware, which answers with what it received.
var shop = http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	verified, ok := FromContext(request.Context())
	same, found := BodyFromContext(request.Context())
	fmt.Fprint(response, string(body), err, verified, ok, found && bytes.Equal(body, same), request.ContentLength)
})

// behind wraps the shop in a middleware.
func behind(t testing.TB, middleware Middleware) http.Handler {
	t.Helper()
	handler, err := middleware.Handler(shop)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// serve sends a request to the shop through a real server.
func serve(t *testing.T, middleware Middleware, body io.Reader, headers ...Header) (int, string) {
	t.Helper()
	server := httptest.NewServer(behind(t, middleware))
	defer server.Close()
	request, err := http.NewRequest("POST", server.URL+"/orders?a=b", body)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		request.Header.Add(header.Name, header.Value)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// chunked hides the length of a body.
func chunked(text string) io.Reader { return struct{ io.Reader }{strings.NewReader(text)} }

func TestTheMiddlewareLetsThroughWhatIsAuthentic(t *testing.T) {
	for name, body := range map[string]io.Reader{"with its length": strings.NewReader(publishedBody), "chunked": chunked(publishedBody)} {
		status, answer := serve(t, Middleware{Verifier: github(t), MaxBody: int64(len(publishedBody))}, body, Header{"X-Hub-Signature-256", publishedSignature})
		if status != 200 || answer != "Hello, World!<nil> {SHA_256 0 true} true true 13" {
			t.Errorf("%s: %d, %s", name, status, answer)
		}
	}
}

func TestTheMiddlewareAnswersAllOthers(t *testing.T) {
	right := Header{"X-Hub-Signature-256", publishedSignature}
	tests := []struct {
		verifier *Verifier
		body     io.Reader
		headers  []Header
		status   int
		answer   string
		why      error
	}{
		{github(t), strings.NewReader(publishedBody), nil, 401, "not accepted\n", ErrMissingSignature},
		{github(t), strings.NewReader("Hello, World?"), []Header{right}, 401, "not accepted\n", ErrMismatch},
		{github(t), nil, []Header{right}, 401, "not accepted\n", ErrMismatch},
		{github(t), strings.NewReader(publishedBody), []Header{right, right}, 401, "not accepted\n", ErrRepeatedSignature},
		{github(t), strings.NewReader(publishedBody), []Header{{"X-Hub-Signature-256", "sha256=é"}}, 401, "not accepted\n", ErrMalformedEncoding},
		{github(t), strings.NewReader(publishedBody + " and more"), []Header{right}, 413, "too large\n", ErrBodyTooLarge},
		{github(t), chunked(publishedBody + " and more"), []Header{right}, 413, "too large\n", ErrBodyTooLarge},
	}
	for index, test := range tests {
		var why error
		middleware := Middleware{Verifier: test.verifier, MaxBody: 16, OnReject: func(_ *http.Request, err error) { why = err }}
		status, answer := serve(t, middleware, test.body, test.headers...)
		if status != test.status || answer != test.answer || why != test.why {
			t.Errorf("%d: %d, %q, %v", index, status, answer, why)
		}
	}
}

func TestAVerifierThatIsClosedLater(t *testing.T) {
	var why error
	verifier := github(t)
	handler := behind(t, Middleware{Verifier: verifier, OnReject: func(_ *http.Request, err error) { why = err }})
	if err := verifier.Close(); err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest("POST", "/", strings.NewReader(publishedBody))
	request.Header.Set("X-Hub-Signature-256", publishedSignature)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if recorder.Code != 503 || recorder.Body.String() != "unavailable\n" || why != ErrClosed {
		t.Error(recorder.Code, recorder.Body, why)
	}
}

func TestAMiddlewareThatCannotWorkIsNotMade(t *testing.T) {
	signsURL, err := Preset("twilio", NewSecret("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	closed := github(t)
	_ = closed.Close()
	url := func(*http.Request) string { return "https://example.com/" }
	tests := []struct {
		middleware Middleware
		next       http.Handler
		fault      error
	}{
		{Middleware{}, shop, ErrClosed},
		{Middleware{Verifier: new(Verifier)}, shop, ErrClosed},
		{Middleware{Verifier: closed}, shop, ErrClosed},
		{Middleware{Verifier: github(t)}, nil, ErrInvalidArgument},
		{Middleware{Verifier: signsURL}, shop, ErrInvalidConfig},
		{Middleware{Verifier: signsURL, Origin: "https://example.com", URL: url}, shop, ErrInvalidConfig},
		{Middleware{Verifier: signsURL, Origin: "example.com"}, shop, ErrInvalidConfig},
		{Middleware{Verifier: github(t), Origin: "//example.com"}, shop, ErrInvalidConfig},
		{Middleware{Verifier: signsURL, Origin: "https://example.com"}, shop, nil},
		{Middleware{Verifier: signsURL, URL: url}, shop, nil},
		{Middleware{Verifier: github(t), Origin: "https://example.com"}, shop, nil},
	}
	for index, test := range tests {
		handler, err := test.middleware.Handler(test.next)
		if (handler == nil) == (test.fault == nil) || !errors.Is(err, test.fault) {
			t.Errorf("%d: %v, %v", index, handler, err)
		}
	}
	for _, text := range []struct {
		middleware Middleware
		part       string
	}{
		{Middleware{}, "Middleware.Verifier is not set; set it to what New, "},
		{Middleware{Verifier: closed}, "Middleware.Verifier: countersign: used after Close"},
		{Middleware{Verifier: github(t), Replay: new(ReplayMemory), ReplayWindow: 1}, "Middleware.Replay: "},
	} {
		if _, err := text.middleware.Handler(shop); err == nil || !strings.Contains(err.Error(), text.part) {
			t.Errorf("%v, not %q", err, text.part)
		}
	}
	if _, err := signsURL.Handler(shop); !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "Origin") {
		t.Error(err)
	}
}

func TestABodyThatDoesNotArriveWhole(t *testing.T) {
	reasons := make(chan error, 1)
	middleware := Middleware{Verifier: github(t), OnReject: func(_ *http.Request, err error) { reasons <- err }}
	server := httptest.NewServer(behind(t, middleware))
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 13\r\n\r\nHello")
	_ = connection.(*net.TCPConn).CloseWrite()
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil || response.StatusCode != 400 {
		t.Errorf("%v, %v", response, err)
	}
	if err := <-reasons; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// A claimed length uses no memory, and a nil body is an empty one.
func TestRequestsThatNoServerHasRead(t *testing.T) {
	request := &http.Request{ContentLength: 1 << 40, Body: io.NopCloser(strings.NewReader("x"))}
	recorder := httptest.NewRecorder()
	behind(t, Middleware{Verifier: github(t), MaxBody: 1 << 50}).ServeHTTP(recorder, request)
	if recorder.Code != 401 {
		t.Error(recorder.Code)
	}
	recorder = httptest.NewRecorder()
	handler, err := github(t).Handler(shop)
	if err != nil {
		t.Fatal(err)
	}
	handler.ServeHTTP(recorder, &http.Request{})
	if recorder.Code != 401 {
		t.Error(recorder.Code)
	}
}

func TestNothingIsFoundInAnotherContext(t *testing.T) {
	request := httptest.NewRequest("GET", "/", nil)
	if verified, ok := FromContext(request.Context()); ok || verified != rejected {
		t.Error(verified, ok)
	}
	if body, ok := BodyFromContext(request.Context()); ok || body != nil {
		t.Error(body, ok)
	}
}
