//! Builds what calls intel-ipsec-mb, if that is to take part.

fn main() {
    #[cfg(feature = "ipsec-mb")]
    {
        println!("cargo::rerun-if-changed=ipsec_mb.c");
        cc::Build::new().file("ipsec_mb.c").opt_level(3).warnings_into_errors(true).compile("countersign_ipsec_mb");
    }
}
