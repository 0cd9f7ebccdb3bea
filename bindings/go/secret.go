package countersign

import (
	"fmt"
	"time"
)

// A Secret is what the operator typed: nothing is trimmed. It prints as Secret(…).
type Secret struct {
	bytes               []byte
	notBefore, notAfter time.Time
}

// NewSecret makes a secret that may be used at any time. bytes is kept, not copied: it may be wiped once a verifier or
// signer has been made of the secret.
func NewSecret[T string | []byte](bytes T) Secret {
	return Secret{bytes: []byte(bytes)}
}

// NotBefore returns the secret with the moment from which on it may be used, for rotation.
func (s Secret) NotBefore(moment time.Time) Secret {
	s.notBefore = moment
	return s
}

// NotAfter returns the secret with the last moment at which it may be used, for rotation.
func (s Secret) NotAfter(moment time.Time) Secret {
	s.notAfter = moment
	return s
}

// Format writes Secret(…), whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = state.Write([]byte("Secret(…)"))
}

// MarshalText returns Secret(…).
func (s Secret) MarshalText() ([]byte, error) {
	return []byte("Secret(…)"), nil
}
