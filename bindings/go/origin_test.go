//go:build cgo

package countersign

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// signedFor returns a request as Twilio signs it for a URL, and a verifier that accepts it.
func signedFor(t *testing.T, signed string) (*Verifier, []Header, string) {
	t.Helper()
	config := Config{Preset: "twilio", Secrets: []Secret{NewSecret("a secret")}}
	verifier, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(config)
	if err != nil {
		t.Fatal(err)
	}
	body := "a=1&b=2"
	form := Header{"Content-Type", "application/x-www-form-urlencoded"}
	request := httptest.NewRequest("POST", signed, nil)
	request.Header.Set(form.Name, form.Value)
	if err := signer.SignRequest(request, []byte(body), ""); err != nil {
		t.Fatal(err)
	}
	return verifier, []Header{form, {"X-Twilio-Signature", request.Header.Get("X-Twilio-Signature")}}, body
}

// A delivery that was signed for another service of the same secret does not become one of this service by its Host header.
func TestTheHostHeaderDoesNotSayWhichServiceThisIs(t *testing.T) {
	for signed, status := range map[string]int{
		"https://hooks.example.com/orders?a=b": 200,
		"https://other.example.com/orders?a=b": 401,
		"https://hooks.example.com/other?a=b":  401,
		"http://other.example.com/orders?a=b":  401,
	} {
		verifier, headers, body := signedFor(t, signed)
		parsed, err := url.Parse(signed)
		if err != nil {
			t.Fatal(err)
		}
		handler := behind(t, Middleware{Verifier: verifier, Origin: "https://hooks.example.com/"})
		// The second is in the form for a proxy.
		for _, target := range []string{"/orders?a=b", parsed.Scheme + "://" + parsed.Host + "/orders?a=b"} {
			request := httptest.NewRequest("POST", target, strings.NewReader(body))
			request.Host = parsed.Host
			if parsed.Scheme == "https" {
				request.TLS = &tls.ConnectionState{}
			}
			for _, header := range headers {
				request.Header.Set(header.Name, header.Value)
			}
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			if recorder.Code != status {
				t.Errorf("%s at %s: %d, not %d", signed, target, recorder.Code, status)
			}
			if _, err := verifier.VerifyAt("https://hooks.example.com", request, []byte(body)); (err == nil) != (status == 200) {
				t.Errorf("%s at %s: %v", signed, target, err)
			}
			// Without an origin, the URL is unknown.
			if _, err := verifier.Verify(request, []byte(body)); !errors.Is(err, ErrInvalidArgument) || !strings.Contains(err.Error(), "VerifyAt") {
				t.Errorf("%s: %v", signed, err)
			}
		}
	}
}

// A proxy or mux before the handler may cut the path, but the sender has signed all of it.
func TestTheOriginBehindStripPrefixAndServeMux(t *testing.T) {
	verifier, headers, body := signedFor(t, "https://hooks.example.com/api/orders/7%2F8?c=%20")
	mux := http.NewServeMux()
	mux.Handle("/api/orders/{id}", http.StripPrefix("/api", behind(t, Middleware{Verifier: verifier, Origin: "https://hooks.example.com"})))
	server := httptest.NewServer(mux)
	defer server.Close()
	request, err := http.NewRequest("POST", server.URL+"/api/orders/7%2F8?c=%20", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		request.Header.Set(header.Name, header.Value)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if answer, err := io.ReadAll(response.Body); response.StatusCode != 200 || err != nil {
		t.Error(response.StatusCode, string(answer), err)
	}
	// In the form for a proxy, as httptest.NewRequest has it.
	served := httptest.NewRequest("POST", "https://evil.example/api/orders/7%2F8?c=%20", strings.NewReader(body))
	for _, header := range headers {
		served.Header.Set(header.Name, header.Value)
	}
	recorder := httptest.NewRecorder()
	if mux.ServeHTTP(recorder, served); recorder.Code != 200 {
		t.Error(recorder.Code, recorder.Body)
	}
}

// Twilio signs the names and values of a form right behind the URL, so the end of a query can be moved into the body and back.
func TestWhatIsMovedBetweenASignedQueryAndTheBodyIsRejected(t *testing.T) {
	const registered = "https://hooks.example.com/orders?k=v"
	config := Config{Preset: "twilio", Secrets: []Secret{NewSecret("a secret")}}
	verifier, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(config)
	if err != nil {
		t.Fatal(err)
	}
	sent := httptest.NewRequest("POST", registered, nil)
	sent.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := signer.SignRequest(sent, []byte("Amount=900&Body=pay"), ""); err != nil {
		t.Fatal(err)
	}
	ask := func(handler http.Handler, target, body string) int {
		request := httptest.NewRequest("POST", target, strings.NewReader(body))
		request.Header = sent.Header.Clone()
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		return recorder.Code
	}
	// As the README has it.
	constant := behind(t, Middleware{Verifier: verifier, URL: func(*http.Request) string { return registered }})
	open := behind(t, Middleware{Verifier: verifier, Origin: "https://hooks.example.com"})
	compared := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "k=v" || r.URL.ForceQuery {
			http.Error(w, "not accepted", http.StatusUnauthorized)
			return
		}
		open.ServeHTTP(w, r)
	})
	if status := ask(open, "/orders?k=vAmount900", "Body=pay"); status != 200 {
		t.Fatal("nothing was moved:", status)
	}
	for name, handler := range map[string]http.Handler{"constant": constant, "compared": compared} {
		if status := ask(handler, "/orders?k=v", "Amount=900&Body=pay"); status != 200 {
			t.Error(name, status)
		}
		if status := ask(handler, "/orders?k=vAmount900", "Body=pay"); status != 401 {
			t.Error(name, "takes what was moved:", status)
		}
	}
}

func TestAFunctionTellsTheURL(t *testing.T) {
	verifier, headers, body := signedFor(t, "https://hooks.example.com/orders")
	for told, status := range map[string]int{"https://hooks.example.com/orders": 200, "https://hooks.example.com/": 401, "": 401} {
		request := httptest.NewRequest("POST", "https://hooks.example.com/orders", strings.NewReader(body))
		for _, header := range headers {
			request.Header.Set(header.Name, header.Value)
		}
		recorder := httptest.NewRecorder()
		behind(t, Middleware{Verifier: verifier, URL: func(*http.Request) string { return told }}).ServeHTTP(recorder, request)
		if recorder.Code != status {
			t.Errorf("%q: %d", told, recorder.Code)
		}
	}
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestRequestURL(t *testing.T) {
	served := func(target string) *http.Request {
		return &http.Request{RequestURI: target, URL: parse(t, target), Host: "evil.example", TLS: &tls.ConnectionState{}}
	}
	for expected, request := range map[string]*http.Request{
		"https://example.com/a%2Fb?c=%20":  served("/a%2Fb?c=%20"),
		"https://example.com/":             served("/"),
		"https://example.com/a?b":          served("http://evil.example/a?b"),
		"https://example.com/?b":           served("http://evil.example?b"),
		"https://example.com/?":            served("http://evil.example?"),
		"https://example.com/?b=c://d":     served("http://evil.example?b=c://d"),
		"https://example.com/%41//b?c=%20": served("http://u@[::1]:80/%41//b?c=%20"),
		"https://example.com/d?e://f":      {URL: parse(t, "/d?e://f"), Host: "evil.example"},
		"https://example.com//evil/a":      {RequestURI: "//evil/a", Host: "evil.example"},
		"https://example.com/c":            {URL: parse(t, "/c"), Host: "evil.example"},
		"":                                 {RequestURI: "*", Host: "evil.example"},
	} {
		if found, err := RequestURL("https://example.com/", request); found != expected || err != nil {
			t.Errorf("%q, %v, not %q", found, err, expected)
		}
	}
	for _, target := range []string{"http://evil.example", "http://evil.example/"} {
		if found, err := RequestURL("https://example.com", served(target)); found != "https://example.com/" || err != nil {
			t.Errorf("%q of %q, %v", found, target, err)
		}
	}
	if found, err := RequestURL("http://example.com:8080/api", served("/a")); found != "http://example.com:8080/api/a" || err != nil {
		t.Error(found, err)
	}
	for _, origin := range []string{"", "/", "example.com", "//example.com", "https://", "https:///a", "ftp://example.com", "https://u@example.com", "https://example.com?", "https://example.com#a", "https://exa mple.com", "https://example.com/\x7f"} {
		if found, err := RequestURL(origin, served("/")); !errors.Is(err, ErrInvalidConfig) || found != "" {
			t.Errorf("%q: %q, %v", origin, found, err)
		}
	}
}

func TestWhatIsSigned(t *testing.T) {
	for preset, expected := range map[string]struct{ url, bodyAlone bool }{
		"github": {false, true}, "whatsapp": {false, true}, "adyen": {false, true}, "stripe": {false, false},
		"gitlab-token": {false, false}, "twilio": {true, false}, "mandrill": {true, false}, "contentful": {true, false},
	} {
		verifier, err := Preset(preset, NewSecret("5ec7e7"))
		if err != nil || verifier.SignsURL() != expected.url || verifier.SignsBodyAlone() != expected.bodyAlone {
			t.Error(preset, err)
		}
	}
	if (*Verifier)(nil).SignsURL() || new(Verifier).SignsURL() || (*Verifier)(nil).SignsBodyAlone() || new(Verifier).SignsBodyAlone() {
		t.Error("one that signs nothing signs the URL or the body")
	}
}
