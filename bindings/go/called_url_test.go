//go:build cgo

package countersign

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestCalledURL(t *testing.T) {
	for expected, request := range map[string]*http.Request{
		"https://example.com/a?b":  {URL: parse(t, "https://example.org/a?b"), Host: "example.com"},
		"https://example.org/a?b":  {URL: parse(t, "https://example.org/a?b")},
		"https://example.com/c":    {URL: parse(t, "https://example.com/c"), RequestURI: "/received"},
		"https://example.com/d":    {URL: parse(t, "/d"), Host: "example.com", TLS: &tls.ConnectionState{}},
		"http://example.com/a?b":   {URL: parse(t, "/a?b"), Host: "example.com"},
		"https://example.com/%41":  {URL: &url.URL{Scheme: "https", Host: "example.com", Opaque: "//example.org/%41"}},
		"https://example.com/%41?": {URL: &url.URL{Scheme: "https", Host: "example.com", Opaque: "/%41", ForceQuery: true}},
	} {
		if found := calledURL(request); found != expected {
			t.Errorf("%q, not %q", found, expected)
		}
	}
	for name, request := range map[string]*http.Request{
		"no URL":  {},
		"no host": {URL: parse(t, "https:///a")},
		"opaque":  {URL: parse(t, "https:a"), Host: "example.com"},
		"star":    {URL: &url.URL{Path: "*"}, Host: "example.com", RequestURI: "*"},
	} {
		if found := calledURL(request); found != "" {
			t.Errorf("%s: %q", name, found)
		}
	}
}

// A receiver accepts what SignRequest signs and http.Client sends, however the URL is written.
func TestWhatIsSignedIsWhatAClientSends(t *testing.T) {
	for _, scheme := range []string{
		`{"name": "mine", "signature": {"header": "X-Sign"}, "encoding": "BASE64", "algorithm": "SHA_256",
			"signed": "{method} {url} {header:Host} {body}"}`, "",
	} {
		config := Config{Scheme: scheme, Secrets: []Secret{NewSecret("a secret")}}
		if scheme == "" {
			config.Preset = "trello"
		}
		verifier, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := NewSigner(config)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewTLSServer(behind(t, Middleware{Verifier: verifier, Origin: "https://hooks.example.com"}))
		defer server.Close()
		// hooks.example.com is the server; its certificate is for example.com.
		client := server.Client()
		transport := client.Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.ServerName = "example.com"
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		}
		defer transport.CloseIdleConnections()
		client.Transport = transport
		for called, change := range map[string]func(*http.Request){
			"https://hooks.example.com":                  nil,
			"https://hooks.example.com/":                 nil,
			"https://hooks.example.com?x=1":              nil,
			"https://hooks.example.com?":                 nil,
			"https://hooks.example.com/a#f":              nil,
			"https://hooks.example.com#f":                nil,
			"https://hooks.example.com/a?b#f?g":          nil,
			"https://u:p@hooks.example.com/a":            nil,
			"https://u@hooks.example.com?x#f":            nil,
			"HTTPS://hooks.example.com/%41%2fb//c?d=%20": nil,
			"https://hooks.example.com/ä b?ö":            nil,
			"https://other.example.com/host":             func(request *http.Request) { request.Host = "hooks.example.com" },
			"https://hooks.example.com/no-host":          func(request *http.Request) { request.Host = "" },
			"https://hooks.example.com/no-method":        func(request *http.Request) { request.Method = "" },
			"https://hooks.example.com/host-line":        func(request *http.Request) { request.Header.Set("Host", "other.example.com") },
			"https://hooks.example.com/opaque":           func(request *http.Request) { request.URL.Opaque = "//hooks.example.com/%6f" },
			"https://hooks.example.com/opaque-path":      func(request *http.Request) { request.URL.Opaque = "/%6f" },
		} {
			body := `{"a": 1}`
			request, err := http.NewRequest("POST", called, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if change != nil {
				change(request)
			}
			if err := signer.SignRequest(request, []byte(body), ""); err != nil {
				t.Fatal(called, err)
			}
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(called, err)
			}
			answer, err := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode != 200 || err != nil {
				t.Error(called, response.StatusCode, string(answer), err)
			}
		}
		// What a client cannot send as a URL is not signed as another.
		request, err := http.NewRequest("POST", "https:hooks.example.com/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		var fault *ConfigError
		if err := signer.SignRequest(request, nil, ""); !errors.As(err, &fault) || !strings.Contains(fault.Detail, "URL") {
			t.Error(err)
		}
	}
}
