//! One delivery that is told on the command line: its head at once, its body whole or in pieces.

use std::path::PathBuf;

use countersign::{Delivery, Head};
use zeroize::Zeroizing;

use crate::args::DeliveryArgs;
use crate::error::CliError;
use crate::headers::{self, Line};
use crate::input::Input;

/// Bodies that must be whole before they are signed or verified. This is far beyond any webhook, and far below any
/// memory.
pub(crate) const BODY_LIMIT: usize = 1 << 30;

/// One delivery, its body not read yet.
pub(crate) struct DeliveryInput<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<Line>,
    body: Input,
}

/// One delivery, all of it.
pub(crate) struct BufferedDelivery<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<Line>,
    body: Vec<u8>,
}

impl<'a> DeliveryInput<'a> {
    /// Reads all but the body, which is opened. `header` is the name of the one that `--signature` stands for, and
    /// `header_is_secret` says whether the secret itself stands there.
    pub(crate) fn read(args: &'a DeliveryArgs, header: &str, header_is_secret: bool) -> Result<Self, CliError> {
        let Some(body) = &args.body else {
            return Err(CliError::Config(
                "which body came with it? give --body FILE, or - for standard input; or a line of a file with --deliveries FILE"
                    .to_owned(),
            ));
        };
        let mut headers = headers::of_options(&args.headers)?;
        if header_is_secret {
            let shown = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header));
            let option = shown.then_some("--header").or(args.signature.is_some().then_some("--signature"));
            option.map_or(Ok(()), |option| Err(exposed(option, header)))?;
        }
        // Who gives a header to `sign` and `verify` alike has it again in what `sign` prints; that is no second line of the
        // delivery.
        let is_given = |(name, value): &Line| {
            headers.iter().any(|(given, as_value)| given.eq_ignore_ascii_case(name) && as_value == value)
        };
        let of_files: Vec<Line> =
            headers::of_files(&args.header_files)?.into_iter().filter(|line| !is_given(line)).collect();
        headers.extend(of_files);
        if let Some(value) = args.signature()? {
            headers.push((header.to_owned(), value));
        }
        Ok(Self {
            method: method(args.method.as_deref()),
            url: args.url.as_deref().unwrap_or_default(),
            headers,
            body: Input::open(body)?,
        })
    }

    /// All but the body.
    pub(crate) fn head(&self) -> Head<'_, [Line]> {
        Head { method: self.method, url: self.url, headers: &self.headers }
    }

    /// The body, to be read in pieces.
    pub(crate) fn body(&mut self) -> &mut Input {
        &mut self.body
    }

    /// Reads the body too.
    pub(crate) fn read_body(self) -> Result<BufferedDelivery<'a>, CliError> {
        let Self { method, url, headers, body } = self;
        Ok(BufferedDelivery { method, url, headers, body: body.read_whole(BODY_LIMIT)? })
    }
}

impl DeliveryArgs {
    /// Refuses the options for the value of a signature header if it is looked for in another `place`, such as the body.
    /// They would have no effect.
    pub(crate) fn check_place(&self, place: Option<&str>) -> Result<(), CliError> {
        let given = [
            ("--signature", self.signature.is_some()),
            ("--signature-env", self.signature_env.is_some()),
            ("--signature-file", self.signature_file.is_some()),
        ];
        match (given.into_iter().find(|(_, is_given)| *is_given), place) {
            (Some((option, _)), Some(place)) => Err(CliError::Config(format!(
                "{option} has no place here: this sender puts the signature into {place}; leave the option out, and give \
                 the body and the URL as they were received"
            ))),
            _ => Ok(()),
        }
    }

    /// The files that are read, any of which may be standard input.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.body.iter().chain(&self.header_files).chain(&self.signature_file)
    }

    /// What the options for the signature's value say, of which there is one at most.
    fn signature(&self) -> Result<Option<Zeroizing<Vec<u8>>>, CliError> {
        if let Some(path) = &self.signature_file {
            return headers::value_of_file(path).map(Some);
        }
        if let Some(name) = &self.signature_env {
            return headers::value_of_env(name).map(Some);
        }
        Ok(self.signature.as_ref().map(|value| Zeroizing::new(value.clone().into_bytes())))
    }
}

/// A token on the command line. It is too late for this one, but not for the next.
fn exposed(option: &str, header: &str) -> CliError {
    CliError::Config(format!(
        "{option}: {header} holds the secret itself here, and other users of the machine can read arguments; give it by \
         --signature-env NAME, --signature-file FILE or --header-file FILE, and change the secret if somebody may have seen it"
    ))
}

impl BufferedDelivery<'_> {
    /// What a verifier judges.
    pub(crate) fn delivery(&self) -> Delivery<'_, [Line]> {
        Delivery { method: self.method, url: self.url, headers: &self.headers, body: &self.body }
    }
}

/// A webhook is a POST unless somebody says otherwise.
pub(crate) fn method(stated: Option<&str>) -> &str {
    stated.unwrap_or("POST")
}
