//! Seals a file under a key of KMS, and opens it.

use zt_crypto::{Client, EncryptionContext, KmsKeyring, aws_kms::BlockingKms, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest());
    let config = tokio::runtime::Runtime::new()?.block_on(config);
    let kms = BlockingKms::new(aws_sdk_kms::Client::new(&config))?;
    let keyring = KmsKeyring::new(std::env::var("KEY_ARN")?)?;
    let client = Client::builder(keyring).key_service(kms).build()?;
    let context = EncryptionContext::from([("tenant", "a")]);

    client.encrypt_file("report.pdf".as_ref(), "report.zt".as_ref(), &context, &mut io::silent)?;
    client.decrypt_file("report.zt".as_ref(), "copy.pdf".as_ref(), &context, &mut io::silent)?;
    Ok(())
}
