//go:build cgo

package countersign

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The vectors are outside this module, and are read by path.
const corpusFolder = "../../test-vectors"

type vector struct {
	ID          string       `json:"id"`
	Verifier    vectorSource `json:"verifier"`
	Delivery    vectorSent   `json:"delivery"`
	Expect      string       `json:"expect"`
	Algorithm   *Algorithm   `json:"algorithm"`
	SecretIndex *int         `json:"secret_index"`
	CoversBody  *bool        `json:"covers_body"`
	// Missing if they are not stated, null if there must be none.
	DeliveryID json.RawMessage `json:"delivery_id"`
	Handshake  json.RawMessage `json:"handshake"`
}

type vectorHandshake struct {
	Status  int            `json:"status"`
	Headers []vectorHeader `json:"headers"`
	Body    string         `json:"body"`
	Secret  *string        `json:"secret"`
}

type vectorSource struct {
	Connection     json.RawMessage `json:"connection"`
	ConnectionText *string         `json:"connection_text"`
	SecretsBase64  [][]byte        `json:"secrets_base64"`
	Scheme         json.RawMessage `json:"scheme"`
	SchemeText     *string         `json:"scheme_text"`
	Preset         *string         `json:"preset"`
	Secrets        []vectorSecret  `json:"secrets"`
	Tolerance      *int64          `json:"tolerance"`
}

type vectorSecret struct{ secret Secret }

type vectorSent struct {
	Headers    []vectorHeader `json:"headers"`
	Body       *string        `json:"body"`
	BodyBase64 []byte         `json:"body_base64"`
	Method     string         `json:"method"`
	URL        string         `json:"url"`
	ReceivedAt *vectorMoment  `json:"received_at"`
}

type vectorHeader struct{ header Header }

type vectorMoment struct{ time.Time }

func (m *vectorMoment) UnmarshalJSON(data []byte) error {
	var seconds int64
	if err := json.Unmarshal(data, &seconds); err != nil {
		// Go requires T and Z in capitals.
		return json.Unmarshal(bytes.ToUpper(data), &m.Time)
	}
	m.Time = time.Unix(seconds, 0)
	return nil
}

func (s *vectorSecret) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		s.secret = NewSecret(text)
		return nil
	}
	var whole struct {
		Secret       *string       `json:"secret"`
		SecretBase64 []byte        `json:"secret_base64"`
		NotBefore    *vectorMoment `json:"not_before"`
		NotAfter     *vectorMoment `json:"not_after"`
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return err
	}
	s.secret = NewSecret(whole.SecretBase64)
	if whole.Secret != nil {
		s.secret = NewSecret(*whole.Secret)
	}
	if whole.NotBefore != nil {
		s.secret = s.secret.NotBefore(whole.NotBefore.Time)
	}
	if whole.NotAfter != nil {
		s.secret = s.secret.NotAfter(whole.NotAfter.Time)
	}
	return nil
}

func (h *vectorHeader) UnmarshalJSON(data []byte) error {
	var parts [2]json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	if err := json.Unmarshal(parts[0], &h.header.Name); err != nil {
		return err
	}
	if json.Unmarshal(parts[1], &h.header.Value) == nil {
		return nil
	}
	var raw struct {
		Base64 []byte `json:"base64"`
	}
	err := json.Unmarshal(parts[1], &raw)
	h.header.Value = string(raw.Base64)
	return err
}

// corpus reads all vectors, file by file.
func corpus(t testing.TB) map[string][]vector {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(corpusFolder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]vector{}
	for _, path := range paths {
		// The schema is in the same folder as the vectors.
		if filepath.Base(path) == "vectors.schema.json" {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Vectors []vector `json:"vectors"`
		}
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		files[filepath.Base(path)] = file.Vectors
	}
	return files
}

// make makes the verifier that the vector describes.
func (v *vectorSource) make() (*Verifier, error) {
	secrets := make([]Secret, 0, len(v.Secrets)+len(v.SecretsBase64))
	for _, secret := range v.SecretsBase64 {
		secrets = append(secrets, NewSecret(secret))
	}
	if v.ConnectionText != nil {
		return FromConnection(*v.ConnectionText, secrets...)
	}
	if v.Connection != nil {
		return FromConnection(string(v.Connection), secrets...)
	}
	for _, secret := range v.Secrets {
		secrets = append(secrets, secret.secret)
	}
	config := Config{Secrets: secrets}
	if v.Tolerance != nil {
		both := time.Duration(*v.Tolerance) * time.Second
		config.Tolerance = &Tolerance{both, both}
	}
	switch {
	case v.Preset != nil:
		if *v.Preset == "" {
			return Preset("", secrets...)
		}
		config.Preset = *v.Preset
	case v.SchemeText != nil:
		if *v.SchemeText == "" {
			return FromScheme("", secrets...)
		}
		config.Scheme = *v.SchemeText
	default:
		config.Scheme = string(v.Scheme)
	}
	return New(config)
}

// delivery returns the delivery, and when it arrived.
func (v *vector) delivery() (Delivery, time.Time) {
	sent := &v.Delivery
	delivery := Delivery{Method: sent.Method, URL: sent.URL, Body: sent.BodyBase64}
	if sent.Body != nil {
		delivery.Body = []byte(*sent.Body)
	}
	for _, line := range sent.Headers {
		delivery.Headers = append(delivery.Headers, line.header)
	}
	now := time.Now()
	if sent.ReceivedAt != nil {
		now = sent.ReceivedAt.Time
	}
	return delivery, now
}
