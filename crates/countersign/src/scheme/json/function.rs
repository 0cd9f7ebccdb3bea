//! The functions that a scheme can name, for senders whose signed text no template says.

use crate::composition::NamedComposition;
use crate::function::Function;

/// What a scheme can name as its `function`.
#[derive(Clone, Copy)]
pub(super) enum Named {
    Function(Function),
    Composition(NamedComposition),
}

pub(super) const NAMES: [(&str, Named); 5] = [
    ("twilio", Named::Function(Function::Twilio)),
    ("mandrill", Named::Composition(NamedComposition::Mandrill)),
    ("hubspot", Named::Composition(NamedComposition::HubSpot)),
    ("contentful", Named::Function(Function::Contentful)),
    ("adyen", Named::Function(Function::Adyen)),
];

impl Named {
    pub(super) fn needs_url(self) -> bool {
        match self {
            Self::Function(function) => function.needs_url(),
            Self::Composition(composition) => composition.needs_url(),
        }
    }

    pub(super) fn function(self) -> Option<Function> {
        match self {
            Self::Function(function) => Some(function),
            Self::Composition(_) => None,
        }
    }
}
