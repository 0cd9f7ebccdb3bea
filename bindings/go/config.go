package countersign

// #include "calls.h"
import "C"

import (
	"math"
	"time"
	"unsafe"
)

// A Config says how deliveries are signed. Set Preset or Scheme, or neither. With neither, it means HMAC over the body,
// in one header, with Algorithm and Encoding; or a token, if Token is set.
type Config struct {
	// Secrets are shared by sender and receiver: one, or several for rotation, at most eight.
	Secrets []Secret

	// Preset names a known sender, such as github or stripe.
	Preset string
	// Scheme is the JSON of a scheme of your own, as `countersign presets NAME` prints it.
	Scheme string
	// Token says that the sender sends the secret itself in a header, which says nothing about the body.
	Token bool

	// Algorithm is that of the HMAC; by default SHA256.
	Algorithm Algorithm
	// Encoding is that of the signature; by default Base64.
	Encoding Encoding

	// Header names the header of the signature or token. By default it is that of the preset or scheme, otherwise
	// X-Fivetran-Hmac-Sign, or Authorization for a token.
	Header string
	// Tolerance replaces that of the preset or scheme, if it is not nil. It can only be set if a timestamp is signed.
	Tolerance *Tolerance
}

// A Tolerance says how far the time of sending may be from now, in whole seconds. A delivery exactly at the limit is
// accepted.
type Tolerance struct {
	Past   time.Duration // the greatest age that is accepted
	Future time.Duration // how far the sender's clock may be ahead
}

// New makes a verifier. An error is a [*ConfigError].
func New(config Config) (*Verifier, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	tolerance, err := config.Tolerance.lower()
	if err != nil {
		return nil, err
	}
	lowered := lowerSecrets(config.Secrets, config.Preset, config.Scheme)
	defer lowered.wipe()
	secrets, count := lowered.secrets, lowered.count
	verifier, err := makeVerifier(func(verifier **C.countersign_verifier, text *C.countersign_text) C.countersign_status {
		switch {
		case config.Preset != "":
			return C.countersign_verifier_preset(lowered.texts[0], C.size_t(len(config.Preset)), secrets, count, tolerance, verifier, text)
		case config.Scheme != "":
			return C.countersign_verifier_scheme(lowered.texts[1], C.size_t(len(config.Scheme)), secrets, count, tolerance, verifier, text)
		case config.Token:
			return C.countersign_verifier_token(secrets, count, verifier, text)
		}
		algorithm, encoding := config.algorithm()
		return C.countersign_verifier_hmac(algorithm, encoding, secrets, count, verifier, text)
	})
	if err != nil || config.Header == "" {
		return verifier, err
	}
	defer verifier.Close()
	return verifier.inHeader(config.Header)
}

// Preset makes a verifier for a known sender, such as github. Another of its names, such as whatsapp for meta, finds it
// too; PRESETS.md lists those. An error is a [*ConfigError].
func Preset(name string, secrets ...Secret) (*Verifier, error) {
	if name == "" {
		return nil, &ConfigError{ErrUnknownPreset, "the name of the preset is empty; `countersign presets` lists them"}
	}
	return New(Config{Preset: name, Secrets: secrets})
}

// FromScheme makes a verifier from the JSON of a scheme, as `countersign presets NAME` prints it. An error is a
// [*ConfigError].
func FromScheme(json string, secrets ...Secret) (*Verifier, error) {
	if json == "" {
		return nil, &ConfigError{ErrInvalidConfig, "the JSON of the scheme is empty"}
	}
	return New(Config{Scheme: json, Secrets: secrets})
}

// FromConnection makes a verifier from the JSON of a connection: the whole body of POST /v1/connections, or its config
// alone. Secrets, if any are given, replace those in the JSON. An error is a [*ConfigError].
func FromConnection(json string, secrets ...Secret) (*Verifier, error) {
	lowered := lowerSecrets(secrets, json)
	defer lowered.wipe()
	return makeVerifier(func(verifier **C.countersign_verifier, text *C.countersign_text) C.countersign_status {
		if len(secrets) == 0 {
			return C.countersign_verifier_connection(lowered.texts[0], C.size_t(len(json)), verifier, text)
		}
		return C.countersign_verifier_connection_with_secrets(lowered.texts[0], C.size_t(len(json)), lowered.secrets, lowered.count, verifier, text)
	})
}

// check refuses fields that would otherwise be ignored.
func (c *Config) check() error {
	named := c.Preset != "" || c.Scheme != ""
	switch {
	case c.Preset != "" && c.Scheme != "":
		return &ConfigError{ErrInvalidConfig, "Preset and Scheme are both set; set one of them"}
	case named && (c.Token || c.Algorithm != NoAlgorithm || c.Encoding != 0):
		return &ConfigError{ErrInvalidConfig, "Token, Algorithm and Encoding are said by the preset or scheme; leave them out"}
	case c.Token && (c.Algorithm != NoAlgorithm || c.Encoding != 0):
		return &ConfigError{ErrInvalidConfig, "a token has no Algorithm and no Encoding; leave them out"}
	case !named && c.Tolerance != nil:
		return &ConfigError{ErrInvalidConfig, "Tolerance needs a preset or scheme that signs a timestamp"}
	}
	return nil
}

func (c *Config) algorithm() (algorithm, encoding C.uint32_t) {
	algorithm, encoding = C.uint32_t(c.Algorithm), C.uint32_t(c.Encoding)
	if c.Algorithm == NoAlgorithm {
		algorithm = C.uint32_t(SHA256)
	}
	if c.Encoding == 0 {
		encoding = C.uint32_t(Base64)
	}
	return algorithm, encoding
}

func (t *Tolerance) lower() (*C.countersign_tolerance, error) {
	if t == nil {
		return nil, nil
	}
	past, future := t.Past/time.Second, t.Future/time.Second
	if past*time.Second != t.Past || future*time.Second != t.Future || past < 0 || future < 0 || past > math.MaxUint32 || future > math.MaxUint32 {
		return nil, &ConfigError{ErrInvalidConfig, "Tolerance must be whole seconds, from 0 to 4294967295"}
	}
	return &C.countersign_tolerance{past: C.uint32_t(past), future: C.uint32_t(future)}, nil
}

// makeVerifier runs make with room for a verifier and for a text that says why there is none.
func makeVerifier(make func(**C.countersign_verifier, *C.countersign_text) C.countersign_status) (*Verifier, error) {
	var verifier *C.countersign_verifier
	if err := explained(func(text *C.countersign_text) C.countersign_status { return make(&verifier, text) }); err != nil {
		return nil, err
	}
	var signsURL, signsBodyAlone C.uint32_t
	C.countersign_verifier_signs_url(verifier, &signsURL)
	C.countersign_verifier_signs_body_alone(verifier, &signsBodyAlone)
	made := &Verifier{signsURL: signsURL != 0, signsBodyAlone: signsBodyAlone != 0}
	made.handle.Store(own(unsafe.Pointer(verifier), func(verifier unsafe.Pointer) {
		C.countersign_verifier_free((*C.countersign_verifier)(verifier))
	}))
	return made, nil
}

// The maximum length of an error text; longer ones are cut off.
const longestText = 8192

// explained runs call with room for a text, and makes an error from the text if the status is not 0.
func explained(call func(*C.countersign_text) C.countersign_status) error {
	room := C.malloc(longestText)
	defer C.free(room)
	text := C.countersign_text{data: (*C.char)(room), capacity: longestText}
	status := call(&text)
	if status == C.COUNTERSIGN_OK {
		return nil
	}
	detail := C.GoStringN(text.data, C.int(min(text.length, longestText-1)))
	if detail == "" {
		detail = C.GoString(C.countersign_status_message(C.uint32_t(status)))
	}
	return &ConfigError{Fault(status), detail}
}
