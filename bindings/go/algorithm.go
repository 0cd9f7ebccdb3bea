//go:build cgo

package countersign

import "fmt"

// An Algorithm is a hash function used as HMAC (RFC 2104).
type Algorithm uint8

// The algorithms, by the numbers that they have in every language.
const (
	// NoAlgorithm is that of a [Verified] by a token, or by a verifier that checks nothing. In a [Config] it means SHA256.
	NoAlgorithm Algorithm = 0
	MD5         Algorithm = 1 // for senders that offer nothing better
	SHA1        Algorithm = 2 // for senders that offer nothing better
	SHA224      Algorithm = 3
	SHA256      Algorithm = 4 // what most senders use
	SHA384      Algorithm = 5
	SHA512      Algorithm = 6
	// InferFromHeader, for a verifier only, means one of the six: the label before the signature, the header
	// X-Fivetran-Hmac-Algorithm and the length of the signature must agree on it.
	InferFromHeader Algorithm = 255
)

// String returns the name of the algorithm in a connection, such as SHA_256.
func (a Algorithm) String() string {
	switch a {
	case NoAlgorithm:
		return "NONE"
	case MD5:
		return "MD5"
	case SHA1:
		return "SHA_1"
	case SHA224:
		return "SHA_224"
	case SHA256:
		return "SHA_256"
	case SHA384:
		return "SHA_384"
	case SHA512:
		return "SHA_512"
	case InferFromHeader:
		return "INFER_FROM_HEADER"
	}
	return fmt.Sprintf("Algorithm(%d)", uint8(a))
}

// MarshalText returns what String does, so that a JSON document contains the name.
func (a Algorithm) MarshalText() ([]byte, error) {
	return []byte(a.String()), nil
}

// UnmarshalText accepts the name of the algorithm in a connection, such as SHA_256, in exactly this spelling. Any other
// name is a [*ConfigError].
func (a *Algorithm) UnmarshalText(name []byte) error {
	for _, known := range []Algorithm{SHA256, SHA512, SHA384, SHA224, SHA1, MD5, InferFromHeader} {
		if string(name) == known.String() {
			*a = known
			return nil
		}
	}
	return invalid("no algorithm is called %+q; there are SHA_256, SHA_512, SHA_384, SHA_224, SHA_1, MD5 and INFER_FROM_HEADER", name)
}

// An Encoding is how a signature is written as text. It is never guessed.
type Encoding uint8

// The encodings, by the numbers that they have in every language.
const (
	Base64    Encoding = 1 // the standard alphabet, RFC 4648 section 4; padding complete or absent
	Hex       Encoding = 2 // two digits per byte, either case
	Base64URL Encoding = 3 // the alphabet with - and _, RFC 4648 section 5; padding complete or absent
)

// String returns the name of the encoding in a connection, such as HEXA_DECIMAL.
func (e Encoding) String() string {
	switch e {
	case Base64:
		return "BASE64"
	case Hex:
		return "HEXA_DECIMAL"
	case Base64URL:
		return "BASE64_URL"
	}
	return fmt.Sprintf("Encoding(%d)", uint8(e))
}

// MarshalText returns what String does, so that a JSON document contains the name.
func (e Encoding) MarshalText() ([]byte, error) {
	return []byte(e.String()), nil
}

// UnmarshalText accepts the name of the encoding in a connection, such as HEXA_DECIMAL, in exactly this spelling. Any
// other name is a [*ConfigError].
func (e *Encoding) UnmarshalText(name []byte) error {
	for _, known := range []Encoding{Base64, Hex, Base64URL} {
		if string(name) == known.String() {
			*e = known
			return nil
		}
	}
	return invalid("no encoding is called %+q; there are BASE64, HEXA_DECIMAL (hexadecimal digits) and BASE64_URL", name)
}
