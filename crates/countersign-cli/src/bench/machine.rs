//! On what is measured.

use countersign::lanes::{Feature, Lanes};

/// The processor's name for itself, where the system tells it.
pub(super) fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The instruction sets in use beyond those that every processor of the kind has.
pub(super) fn instruction_sets() -> Vec<String> {
    let lanes = Lanes::detect();
    Feature::ALL.into_iter().filter(|feature| lanes.has(*feature)).map(name).collect()
}

fn name(feature: Feature) -> String {
    match feature {
        Feature::Avx512 => "AVX-512".to_owned(),
        Feature::Avx2 => "AVX2".to_owned(),
        Feature::ShaNi => "SHA-NI".to_owned(),
        Feature::Neon => "NEON".to_owned(),
        Feature::ArmSha2 => "Arm SHA-2".to_owned(),
        Feature::ArmSha512 => "Arm SHA-512".to_owned(),
        other => format!("{other:?}"),
    }
}
