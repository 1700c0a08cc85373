//! Asking KMS for one encrypted data key after the other, until one opens.

use std::collections::VecDeque;

use super::Next;
use super::multi::more_telling;
use crate::error::{DecryptError, Error};
use crate::kms::{KmsError, KmsRequest, KmsResponse};
use crate::materials::{DecryptionMaterials, EncryptedDataKey, check_len};
use crate::secret::DataKey;

/// The provider id of symmetric KMS keys.
pub(super) const PROVIDER_ID: &str = "aws-kms";

/// What every `Decrypt` of one keyring has in common.
#[derive(Clone, Debug)]
pub(super) struct Unwrapping {
    pub(super) materials: DecryptionMaterials,
    pub(super) grant_tokens: Vec<String>,
    pub(super) route: u32,
}

/// A wrapped data key, and the ARN of the key to ask KMS to unwrap it with.
pub(super) type Candidate = (String, Vec<u8>);

impl Unwrapping {
    /// Tries the candidates in their order; the first that opens wins.
    pub(super) fn start(self, candidates: Vec<Candidate>) -> Result<Next<DataKey>, Error> {
        self.next(candidates.into(), None)
    }

    fn next(
        self,
        mut rest: VecDeque<Candidate>,
        mut failure: Option<Error>,
    ) -> Result<Next<DataKey>, Error> {
        let Some((key_id, ciphertext_blob)) = rest.pop_front() else {
            return Err(failure.unwrap_or_else(|| DecryptError::NotAuthentic.into()));
        };
        let request = KmsRequest::Decrypt {
            key_id,
            ciphertext_blob,
            encryption_context: self.materials.encryption_context().clone(),
            grant_tokens: self.grant_tokens.clone(),
        };
        let materials = self.materials.clone();
        let next = Next::ask(request, move |request, answer| {
            materials.count_kms_call();
            let KmsResponse { key_id, plaintext, .. } = answer?;
            let answered = present(request, "KeyId", key_id)?;
            if answered != request.key_id() {
                let message = format!("its KeyId is `{answered}`, not the key asked for");
                return Err(KmsError::wrong_answer(request, &message).into());
            }
            check_len(materials.suite(), plaintext.as_ref())
                .map_err(|error| KmsError::wrong_answer(request, &error.to_string()))?;
            Ok(Next::Ready(present(request, "Plaintext", plaintext)?))
        });
        Ok(next.via(self.route).or_else(|error| {
            more_telling(&mut failure, error);
            self.next(rest, failure)
        }))
    }
}

/// The ARN of the KMS key that wrapped a data key, when KMS did.
pub(super) fn wrapped_by(encrypted: &EncryptedDataKey) -> Option<&str> {
    let kms = encrypted.provider_id == PROVIDER_ID;
    std::str::from_utf8(&encrypted.provider_info).ok().filter(|_| kms)
}

/// A member that the answer has to have.
pub(super) fn present<T>(
    request: &KmsRequest,
    member: &str,
    value: Option<T>,
) -> Result<T, KmsError> {
    value.ok_or_else(|| KmsError::wrong_answer(request, &format!("it has no {member}")))
}
