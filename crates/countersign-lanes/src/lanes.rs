//! Decides which kernels run on this processor.

use core::fmt;
use core::marker::PhantomData;

use countersign_core::Algorithm;

#[cfg(target_arch = "aarch64")]
use crate::arch::neon::Neon;
use crate::arch::portable::Portable;
#[cfg(target_arch = "x86_64")]
use crate::arch::{avx2::Avx2, avx512::Avx512, bmi2::Bmi2, sha_ni::ShaNi};
use crate::fallback::CoreKernel;
#[cfg(target_arch = "x86_64")]
use crate::fallback::KernelOrFallback;
use crate::kernel::Kernel;
use crate::message::{Mac, Message};
use crate::order::{Entry, Order};
#[cfg(target_arch = "x86_64")]
use crate::rounds;
use crate::rounds::Compression;
use crate::rounds::md5::Md5;
use crate::rounds::sha1::Sha1;
use crate::rounds::sha2::{Sha256, Sha512};
use crate::scheduler::Scheduler;
#[cfg(target_arch = "x86_64")]
use crate::single::SingleMessage;

/// The maximum number of messages that are sorted at once: together with their MACs they stay in the cache.
const MAX_SORTED: usize = 512;

/// For up to this many messages, a smaller array is used, since the array must be cleared first.
const SMALL_BATCH: usize = 32;

/// An instruction set that lanes can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// AVX-512 F and BW: sixteen messages at once, or eight of SHA-384 and SHA-512.
    Avx512,
    /// AVX2: eight messages at once, sixteen of MD5, or four of SHA-384 and SHA-512.
    Avx2,
    /// The SHA extensions of x86: two messages of SHA-1, SHA-224 or SHA-256 at once.
    ShaNi,
    /// AVX2 and BMI2: one message of MD5, SHA-384 or SHA-512 at a time.
    Bmi2,
    /// NEON: four messages at once, or two of SHA-384 and SHA-512.
    Neon,
    /// The SHA-2 instructions of Arm. With them, SHA-1, SHA-224 and SHA-256 are faster one message after the other than
    /// in lanes.
    ArmSha2,
    /// The same for SHA-384 and SHA-512.
    ArmSha512,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Avx512, Self::Avx2, Self::ShaNi, Self::Bmi2, Self::Neon, Self::ArmSha2, Self::ArmSha512];
}

/// Computes the MACs of many messages at once, with the instruction sets of this processor.
#[derive(Clone, Copy)]
pub struct Lanes {
    #[cfg(target_arch = "x86_64")]
    avx512: Option<Avx512>,
    #[cfg(target_arch = "x86_64")]
    pub(crate) avx2: Option<Avx2>,
    #[cfg(target_arch = "x86_64")]
    sha_ni: Option<ShaNi>,
    #[cfg(target_arch = "x86_64")]
    bmi2: Option<Bmi2>,
    #[cfg(target_arch = "aarch64")]
    neon: Option<Neon>,
    #[cfg(target_arch = "aarch64")]
    sha2: bool,
    #[cfg(target_arch = "aarch64")]
    sha512: bool,
}

impl Lanes {
    /// Lanes that use no instruction set.
    pub const PORTABLE: Self = Self {
        #[cfg(target_arch = "x86_64")]
        avx512: None,
        #[cfg(target_arch = "x86_64")]
        avx2: None,
        #[cfg(target_arch = "x86_64")]
        sha_ni: None,
        #[cfg(target_arch = "x86_64")]
        bmi2: None,
        #[cfg(target_arch = "aarch64")]
        neon: None,
        #[cfg(target_arch = "aarch64")]
        sha2: false,
        #[cfg(target_arch = "aarch64")]
        sha512: false,
    };

    /// Lanes that use every instruction set of this processor. The processor is queried once; later calls cost almost
    /// nothing.
    #[must_use]
    pub fn detect() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx512: Avx512::detect(),
            #[cfg(target_arch = "x86_64")]
            avx2: Avx2::detect(),
            #[cfg(target_arch = "x86_64")]
            sha_ni: ShaNi::detect(),
            #[cfg(target_arch = "x86_64")]
            bmi2: Bmi2::detect(),
            #[cfg(target_arch = "aarch64")]
            neon: Neon::detect(),
            #[cfg(target_arch = "aarch64")]
            sha2: arm_sha2::get(),
            #[cfg(target_arch = "aarch64")]
            sha512: arm_sha512::get(),
        }
    }

    /// These lanes without one instruction set, as on a processor that does not have it. The core's code, which single
    /// messages may use, still detects the processor itself.
    #[must_use]
    pub fn without(mut self, feature: Feature) -> Self {
        match feature {
            #[cfg(target_arch = "x86_64")]
            Feature::Avx512 => self.avx512 = None,
            #[cfg(target_arch = "x86_64")]
            Feature::Avx2 => self.avx2 = None,
            #[cfg(target_arch = "x86_64")]
            Feature::ShaNi => self.sha_ni = None,
            #[cfg(target_arch = "x86_64")]
            Feature::Bmi2 => self.bmi2 = None,
            #[cfg(target_arch = "aarch64")]
            Feature::Neon => self.neon = None,
            #[cfg(target_arch = "aarch64")]
            Feature::ArmSha2 => self.sha2 = false,
            #[cfg(target_arch = "aarch64")]
            Feature::ArmSha512 => self.sha512 = false,
            #[allow(unreachable_patterns, reason = "those of other processors")]
            _ => {}
        }
        self
    }

    /// Whether these lanes use an instruction set.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        match feature {
            #[cfg(target_arch = "x86_64")]
            Feature::Avx512 => self.avx512.is_some(),
            #[cfg(target_arch = "x86_64")]
            Feature::Avx2 => self.avx2.is_some(),
            #[cfg(target_arch = "x86_64")]
            Feature::ShaNi => self.sha_ni.is_some(),
            #[cfg(target_arch = "x86_64")]
            Feature::Bmi2 => self.bmi2.is_some(),
            #[cfg(target_arch = "aarch64")]
            Feature::Neon => self.neon.is_some(),
            #[cfg(target_arch = "aarch64")]
            Feature::ArmSha2 => self.sha2,
            #[cfg(target_arch = "aarch64")]
            Feature::ArmSha512 => self.sha512,
            #[allow(unreachable_patterns, reason = "those of other processors")]
            _ => false,
        }
    }

    /// Computes the MAC of each message, in any mix of lengths, algorithms and keys, and stores it at the same index in
    /// `macs`. If `macs` is shorter than `messages`, the remaining messages are ignored.
    pub fn mac_batch(self, messages: &[Message<'_>], macs: &mut [Mac]) {
        for (messages, macs) in messages.chunks(MAX_SORTED).zip(macs.chunks_mut(MAX_SORTED)) {
            let messages = messages.get(..macs.len()).unwrap_or(messages);
            if messages.len() <= SMALL_BATCH {
                self.mac_sorted::<SMALL_BATCH>(messages, macs);
            } else {
                self.mac_sorted::<MAX_SORTED>(messages, macs);
            }
        }
    }

    /// Computes the MAC of one message. On x86-64 this is faster than [`Key::sign`](countersign_core::Key::sign): with
    /// SHA-NI, because the inner hash of SHA-1, SHA-224 and SHA-256 stays in registers; with BMI2, because the rounds
    /// of the other algorithms are faster.
    #[inline]
    #[must_use]
    pub fn mac_one(self, message: Message<'_>) -> Mac {
        #[cfg(target_arch = "x86_64")]
        if let Some(kernel) = self.sha_ni {
            match message.key.algorithm() {
                Some(Algorithm::Sha256) => return kernel.mac::<rounds::Sha256>(&message),
                Some(Algorithm::Sha224) => return kernel.mac::<rounds::Sha224>(&message),
                Some(Algorithm::Sha1) => return kernel.mac::<rounds::Sha1>(&message),
                _ => {}
            }
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(kernel) = self.bmi2 {
            match message.key.algorithm() {
                Some(Algorithm::Md5) => return kernel.mac::<rounds::Md5>(&message),
                Some(Algorithm::Sha384) => return kernel.mac::<rounds::Sha384>(&message),
                Some(Algorithm::Sha512) => return kernel.mac::<rounds::Sha512>(&message),
                _ => {}
            }
        }
        mac_by_core(message)
    }

    fn mac_sorted<const CAPACITY: usize>(self, messages: &[Message<'_>], macs: &mut [Mac]) {
        for (algorithm, order) in Order::<CAPACITY>::sort(messages).groups() {
            self.run(algorithm, Group { messages, order, macs });
        }
    }
}

/// The messages of one algorithm.
struct Group<'a> {
    messages: &'a [Message<'a>],
    order: &'a mut [Entry],
    macs: &'a mut [Mac],
}

impl Group<'_> {
    fn run<C: Compression, const WIDE: usize, const NARROW: usize>(
        self,
        algorithm: Algorithm,
        wide: impl Kernel<C, WIDE>,
        narrow: impl Kernel<C, NARROW>,
        crossover: usize,
    ) {
        let Self { messages, order, macs } = self;
        let is_truncated = matches!(algorithm, Algorithm::Sha224 | Algorithm::Sha384);
        let compression = PhantomData::<C>;
        wide.with_target_features(Scheduler {
            messages,
            order,
            macs,
            wide,
            narrow,
            crossover,
            is_truncated,
            compression,
        });
    }

    /// Without an instruction set, lanes are faster only for MD5.
    fn run_portable(self, algorithm: Algorithm) {
        if algorithm == Algorithm::Md5 {
            return self.run::<Md5, 4, 1>(algorithm, Portable, CoreKernel, 2);
        }
        for index in self.order.iter().map(|entry| entry.index()) {
            self.macs[index] = mac_by_core(self.messages[index]);
        }
    }
}

/// Computes the MAC with the code of the core.
#[inline(never)]
fn mac_by_core(message: Message<'_>) -> Mac {
    let mut mac = Mac::empty();
    if let Some(tag) = message.key.sign(message.parts) {
        for (to, from) in mac.as_mut_bytes().iter_mut().zip(tag.as_bytes()) {
            *to = *from;
        }
    }
    mac
}

// The last argument is the crossover: the number of messages from which one step of the wide kernel, which costs the
// same for any number of messages, is cheaper than the steps of the narrow one. CONTRIBUTING.md says how to measure
// them.
#[cfg(target_arch = "x86_64")]
impl Lanes {
    fn run(self, algorithm: Algorithm, group: Group<'_>) {
        let (one, two, has_sha_ni) =
            (KernelOrFallback(self.bmi2), KernelOrFallback(self.sha_ni), self.sha_ni.is_some());
        match (algorithm, self.avx512, self.avx2, self.sha_ni) {
            (Algorithm::Md5, Some(avx512), ..) => group.run::<Md5, 16, 1>(algorithm, avx512, one, 2),
            (Algorithm::Md5, None, Some(avx2), _) if group.order.len() >= 16 => {
                group.run::<Md5, 16, 8>(algorithm, avx2, avx2, 9);
            }
            (Algorithm::Md5, None, Some(avx2), _) => group.run::<Md5, 8, 1>(algorithm, avx2, one, 2),

            (Algorithm::Sha1, Some(avx512), ..) => {
                group.run::<Sha1, 16, 2>(algorithm, avx512, two, if has_sha_ni { 6 } else { 2 });
            }
            (Algorithm::Sha1, None, Some(avx2), _) => {
                group.run::<Sha1, 8, 2>(algorithm, avx2, two, if has_sha_ni { 7 } else { 3 });
            }
            (Algorithm::Sha1, None, None, Some(_)) => group.run::<Sha1, 2, 2>(algorithm, two, two, 1),

            (Algorithm::Sha224 | Algorithm::Sha256, Some(avx512), ..) => {
                group.run::<Sha256, 16, 2>(algorithm, avx512, two, if has_sha_ni { 10 } else { 3 });
            }
            (Algorithm::Sha224 | Algorithm::Sha256, None, _, Some(_)) => {
                group.run::<Sha256, 2, 2>(algorithm, two, two, 1);
            }
            (Algorithm::Sha224 | Algorithm::Sha256, None, Some(avx2), None) => {
                group.run::<Sha256, 8, 2>(algorithm, avx2, two, 3);
            }

            (Algorithm::Sha384 | Algorithm::Sha512, Some(avx512), ..) => {
                group.run::<Sha512, 8, 1>(algorithm, avx512, one, 2);
            }
            (Algorithm::Sha384 | Algorithm::Sha512, None, Some(avx2), _) => {
                group.run::<Sha512, 4, 1>(algorithm, avx2, one, 2);
            }

            (_, None, None, _) => group.run_portable(algorithm),
        }
    }
}

#[cfg(target_arch = "aarch64")]
cpufeatures::new!(arm_sha2, "sha2");

// The feature `sha3` of Arm processors includes the instructions for SHA-512.
#[cfg(target_arch = "aarch64")]
cpufeatures::new!(arm_sha512, "sha3");

#[cfg(target_arch = "aarch64")]
impl Lanes {
    fn run(self, algorithm: Algorithm, group: Group<'_>) {
        match (algorithm, self.neon) {
            (Algorithm::Sha1 | Algorithm::Sha224 | Algorithm::Sha256, _) if self.sha2 => group.run_portable(algorithm),
            (Algorithm::Sha384 | Algorithm::Sha512, _) if self.sha512 => group.run_portable(algorithm),
            (_, None) => group.run_portable(algorithm),
            (Algorithm::Md5, Some(neon)) => group.run::<Md5, 4, 1>(algorithm, neon, CoreKernel, 2),
            (Algorithm::Sha1, Some(neon)) => group.run::<Sha1, 4, 1>(algorithm, neon, CoreKernel, 2),
            (Algorithm::Sha224 | Algorithm::Sha256, Some(neon)) => {
                group.run::<Sha256, 4, 1>(algorithm, neon, CoreKernel, 2);
            }
            (Algorithm::Sha384 | Algorithm::Sha512, Some(neon)) => {
                group.run::<Sha512, 2, 1>(algorithm, neon, CoreKernel, 2);
            }
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl Lanes {
    #[allow(clippy::unused_self, reason = "other processors have something to choose from")]
    fn run(self, algorithm: Algorithm, group: Group<'_>) {
        group.run_portable(algorithm);
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lanes ")?;
        f.debug_list().entries(Feature::ALL.into_iter().filter(|feature| self.has(*feature))).finish()
    }
}
