// The ES module face of `index.js`: the same classes, whichever way they are imported.
export {
  AlgorithmSuite,
  Client,
  CommitmentPolicy,
  DecryptError,
  EncryptError,
  Keyring,
  KeyringError,
  KmsError,
  KmsKeyring,
  MultiKeyring,
  PolicyError,
  RawAesKeyring,
  ZtError,
  inspect,
  testing,
} from './index.js'
