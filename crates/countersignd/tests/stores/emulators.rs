//! The emulators that `scripts/test-buckets` starts: it says in the environment where they are. Without it there is nothing to be tried.

#[cfg(feature = "azure")]
mod azure {
    use countersign::Secret;
    use countersignd::archive::store::bucket::Buckets;
    use countersignd::archive::store::bucket::azure::Container;
    use countersignd::store_hosts::Allowed;

    use crate::conformance;

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "scripts/test-buckets starts the emulator"]
    async fn azurite() {
        let sas_url = std::env::var("COUNTERSIGN_TEST_AZURE_SAS_URL").unwrap();
        let container = Container::read(&Secret::new(sas_url.clone())).unwrap();
        let origin = sas_url.split('/').take(3).collect::<Vec<_>>().join("/");
        let buckets = Buckets { allowed_hosts: Allowed::new(&[origin]).unwrap(), ..Buckets::default() };
        conformance::check(buckets.open_azure(&container).unwrap()).await;
    }
}

#[cfg(feature = "s3")]
mod s3 {
    use countersignd::archive::store::bucket::Buckets;
    use countersignd::archive::store::bucket::s3::{Role, S3};

    use crate::conformance;

    async fn check(endpoint: &str, sts: Option<&str>, prefix: &str) {
        let buckets = Buckets {
            s3_endpoint: Some(endpoint.parse().unwrap()),
            sts_endpoint: sts.map(|sts| sts.parse().unwrap()),
            ..Buckets::default()
        };
        let role = sts.map(|_| Role {
            arn: "arn:aws:iam::123456789012:role/countersign".to_owned(),
            external_id: "speedy_otter".to_owned(),
        });
        let s3 = S3 { bucket: "countersign-test".to_owned(), prefix: prefix.to_owned(), role };
        conformance::check(buckets.open_s3(s3).await.unwrap()).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "scripts/test-buckets starts the emulator"]
    async fn moto_with_a_role() {
        let endpoint = std::env::var("COUNTERSIGN_TEST_MOTO").unwrap();
        check(&endpoint, Some(&endpoint), "").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "scripts/test-buckets starts the emulator"]
    async fn seaweedfs_with_keys() {
        check(&std::env::var("COUNTERSIGN_TEST_SEAWEEDFS").unwrap(), None, "some/prefix/").await;
    }
}
