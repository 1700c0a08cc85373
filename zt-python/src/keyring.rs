//! Keyrings, suites and policies by name.

use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::{PyNotImplementedError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyType};
use zeroize::Zeroizing;
use zt_crypto::{
    AlgorithmSuite, Backend, BranchKeyId, CommitmentPolicy, OfflineKeyring, OfflineMultiKeyring,
    RsaPadding,
};

use crate::buffer::Data;
use crate::context::to_dict;
use crate::custom::{Custom, DecryptionMaterials, EncryptionMaterials};
use crate::error::{to_py, unknown};
use crate::kms::Carried;

type Shared = Arc<dyn OfflineKeyring>;

/// The base of all keyrings. Subclass it in Python for one of your own.
#[pyclass(frozen, subclass, module = "zt.crypto")]
pub(crate) struct Keyring(Option<Shared>);

#[pymethods]
impl Keyring {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, pyo3::types::PyTuple>,
        _kwargs: Option<&Bound<'_, pyo3::types::PyDict>>,
    ) -> Self {
        Self(None)
    }

    /// Wraps the data key, which it makes when there is none. A keyring of one's own may call this
    /// on the keyring that it adds to.
    fn on_encrypt(&self, py: Python<'_>, materials: &EncryptionMaterials) -> PyResult<()> {
        let Some(keyring) = &self.0 else {
            return Err(PyNotImplementedError::new_err("this keyring does not encrypt"));
        };
        let taken = materials.take()?;
        materials.put_back(py.detach(|| keyring.on_encrypt(taken)).map_err(to_py)?);
        Ok(())
    }

    /// The data key, or None when none of the message's keys is this keyring's.
    fn on_decrypt<'py>(
        &self,
        py: Python<'py>,
        materials: &DecryptionMaterials,
    ) -> PyResult<Option<Bound<'py, PyByteArray>>> {
        let Some(keyring) = &self.0 else {
            return Err(PyNotImplementedError::new_err("this keyring does not decrypt"));
        };
        let key = py.detach(|| keyring.on_decrypt(&materials.materials)).map_err(to_py)?;
        Ok(Some(materials.lent.lend(py, key.expose())))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        match &slf.get().0 {
            Some(keyring) => Ok(format!("{keyring:?}")),
            None => Ok(format!("{}(...)", slf.get_type().name()?)),
        }
    }
}

/// The keyring behind a Python object: one of ours, or an adapter around one of the caller's.
pub(crate) fn shared(object: &Bound<'_, PyAny>) -> PyResult<Shared> {
    let keyring = object.cast::<Keyring>().map_err(|_| {
        let found = object.get_type().to_string();
        PyTypeError::new_err(format!("expected a keyring, not {found}"))
    })?;
    match &keyring.get().0 {
        Some(shared) => Ok(Arc::clone(shared)),
        None => Ok(Arc::new(Custom(object.clone().unbind()))),
    }
}

fn base(keyring: impl OfflineKeyring + 'static) -> PyClassInitializer<Keyring> {
    PyClassInitializer::from(Keyring(Some(Arc::new(keyring))))
}

/// Wraps data keys with an AES key of yours: 16, 24 or 32 bytes.
#[pyclass(frozen, extends = Keyring, module = "zt.crypto")]
pub(crate) struct RawAesKeyring;

#[pymethods]
impl RawAesKeyring {
    #[new]
    fn new(
        key_namespace: &str,
        key_name: &str,
        wrapping_key: Data<'_>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let keyring =
            zt_crypto::RawAesKeyring::new(key_namespace, key_name, wrapping_key.as_slice());
        Ok(base(keyring.map_err(to_py)?).add_subclass(Self))
    }
}

/// Wraps data keys with an RSA key of yours.
#[pyclass(frozen, extends = Keyring, module = "zt.crypto")]
pub(crate) struct RawRsaKeyring;

#[pymethods]
impl RawRsaKeyring {
    #[new]
    #[pyo3(signature = (key_namespace, key_name, padding, public_key_pem=None, private_key_pem=None))]
    fn new(
        key_namespace: &str,
        key_name: &str,
        padding: &Bound<'_, PyAny>,
        public_key_pem: Option<Text>,
        private_key_pem: Option<Text>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let padding = name_of(padding)?;
        let padding = RsaPadding::from_name(&padding).ok_or_else(|| {
            unknown("RSA padding", &padding, RsaPadding::ALL.map(RsaPadding::name))
        })?;
        let mut builder = zt_crypto::RawRsaKeyring::builder(key_namespace, key_name, padding);
        if let Some(pem) = public_key_pem {
            builder = builder.public_key_pem(pem.0.as_str());
        }
        if let Some(pem) = private_key_pem {
            builder = builder.private_key_pem(pem.0.as_str());
        }
        Ok(base(builder.build().map_err(to_py)?).add_subclass(Self))
    }
}

/// Agrees on wrapping keys with an elliptic-curve key of yours.
#[pyclass(frozen, extends = Keyring, module = "zt.crypto")]
pub(crate) struct RawEcdhKeyring;

impl RawEcdhKeyring {
    fn make(
        py: Python<'_>,
        keyring: Result<zt_crypto::RawEcdhKeyring, zt_crypto::KeyringError>,
    ) -> PyResult<Py<Self>> {
        Py::new(py, base(keyring.map_err(to_py)?).add_subclass(Self))
    }
}

#[pymethods]
impl RawEcdhKeyring {
    /// Decrypts what was encrypted for this key, by anybody.
    #[staticmethod]
    fn discovery(py: Python<'_>, private_key_pem: Text) -> PyResult<Py<Self>> {
        Self::make(py, zt_crypto::RawEcdhKeyring::discovery(&private_key_pem.0))
    }

    /// Encrypts for the recipient, with a new key pair for each message.
    #[staticmethod]
    fn ephemeral(py: Python<'_>, recipient_public_key_pem: Text) -> PyResult<Py<Self>> {
        Self::make(py, zt_crypto::RawEcdhKeyring::ephemeral(&recipient_public_key_pem.0))
    }

    /// Encrypts and decrypts between two parties, each with a key pair.
    #[staticmethod]
    #[pyo3(name = "static")]
    fn static_static(
        py: Python<'_>,
        sender_private_key_pem: Text,
        recipient_public_key_pem: Text,
    ) -> PyResult<Py<Self>> {
        let (sender, recipient) = (sender_private_key_pem.0, recipient_public_key_pem.0);
        Self::make(py, zt_crypto::RawEcdhKeyring::static_static(&sender, &recipient))
    }
}

/// str, or bytes of UTF-8. It may be a private key.
struct Text(Zeroizing<String>);

impl<'py> FromPyObject<'_, 'py> for Text {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = object.extract::<String>() {
            return Ok(Self(Zeroizing::new(text)));
        }
        let bytes = object.extract::<Data<'_>>()?;
        let text = std::str::from_utf8(bytes.as_slice());
        let text = text.map_err(|_| PyValueError::new_err("PEM is text: this is not UTF-8"))?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

/// Branch keys given once, for tests.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct StaticBranchKeys(Arc<zt_crypto::StaticBranchKeys>);

#[pymethods]
impl StaticBranchKeys {
    #[new]
    fn new(keys: &Bound<'_, PyAny>) -> PyResult<Self> {
        let store = zt_crypto::StaticBranchKeys::new();
        for item in keys.call_method0("items")?.try_iter()? {
            let (id, (version, key)): (String, (Bound<'_, PyAny>, Bound<'_, PyAny>)) =
                item?.extract()?;
            insert(&store, &id, &version, &key)?;
        }
        Ok(Self(Arc::new(store)))
    }

    fn insert(
        &self,
        branch_key_id: &str,
        version: &Bound<'_, PyAny>,
        key: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        insert(&self.0, branch_key_id, version, key)
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

fn insert(
    store: &zt_crypto::StaticBranchKeys,
    id: &str,
    version: &Bound<'_, PyAny>,
    key: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let version = version.str()?.to_string();
    let version = version.parse().map_err(|error| {
        PyValueError::new_err(format!("branch key version `{version}` is not a UUID: {error}"))
    })?;
    store.insert(id, version, key.extract::<Data<'_>>()?.as_slice()).map_err(to_py)
}

/// Wraps data keys under a branch key that is kept for a while.
#[pyclass(frozen, extends = Keyring, module = "zt.crypto")]
pub(crate) struct HierarchicalKeyring;

#[pymethods]
impl HierarchicalKeyring {
    #[new]
    #[pyo3(signature = (branch_keys, branch_key_id, *, ttl))]
    fn new(
        branch_keys: &StaticBranchKeys,
        branch_key_id: &Bound<'_, PyAny>,
        ttl: Seconds,
    ) -> PyResult<PyClassInitializer<Self>> {
        let id = if branch_key_id.is_callable() {
            let supplier = branch_key_id.clone().unbind();
            BranchKeyId::from_context(move |context| {
                Python::attach(|py| supplier.call1(py, (to_dict(py, context)?,))?.extract(py))
                    .map_err(|error| zt_crypto::KeyringError::Custom(Box::new(error)).into())
            })
        } else {
            branch_key_id.extract::<String>()?.into()
        };
        let store = Arc::clone(&branch_keys.0);
        let keyring = zt_crypto::HierarchicalKeyring::new(store, id, ttl.0).map_err(to_py)?;
        Ok(base(keyring).add_subclass(Self))
    }
}

/// A `timedelta`, or a number of seconds.
pub(crate) struct Seconds(pub(crate) Duration);

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(duration) = object.extract::<Duration>() {
            return Ok(Self(duration));
        }
        // A timedelta that is no Duration is negative: its seconds say so below.
        let seconds: f64 = match object.getattr_opt("total_seconds")? {
            Some(total) => total.call0()?.extract()?,
            None => object.extract()?,
        };
        Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| {
            PyValueError::new_err(format!("expected a positive number of seconds, not {seconds}"))
        })
    }
}

/// Wraps data keys with a key in AWS KMS.
#[pyclass(frozen, extends = Keyring, module = "zt.crypto")]
pub(crate) struct KmsKeyring;

#[pymethods]
impl KmsKeyring {
    #[new]
    #[pyo3(signature = (
        key_id, *, client=None, region=None, endpoint_url=None, grant_tokens=Vec::new(),
        multi_region_aware=false,
    ), text_signature = "(key_id, *, client=None, region=None, endpoint_url=None, grant_tokens=(), multi_region_aware=False)")]
    fn new(
        py: Python<'_>,
        key_id: &str,
        client: Option<Py<PyAny>>,
        region: Option<&str>,
        endpoint_url: Option<&str>,
        grant_tokens: Vec<String>,
        multi_region_aware: bool,
    ) -> PyResult<PyClassInitializer<Self>> {
        let mut keyring = zt_crypto::KmsKeyring::new(key_id).map_err(to_py)?;
        keyring = keyring.with_grant_tokens(grant_tokens);
        if multi_region_aware {
            keyring = keyring.multi_region_aware();
        }
        let client = match client {
            Some(client) => client,
            None => boto3_client(py, region.or(keyring.region()), endpoint_url)?,
        };
        Ok(base(Carried { keyring, client }).add_subclass(Self))
    }
}

/// Decrypts under whichever KMS key a message names, within a filter.
#[pyclass(frozen, extends = Keyring, module = "zt.crypto")]
pub(crate) struct KmsDiscoveryKeyring;

impl KmsDiscoveryKeyring {
    fn make(
        py: Python<'_>,
        mut keyring: zt_crypto::KmsDiscoveryKeyring,
        client: Option<Py<PyAny>>,
        region: Option<&str>,
        endpoint_url: Option<&str>,
        multi_region_aware: bool,
    ) -> PyResult<PyClassInitializer<Self>> {
        let client = match client {
            Some(client) => client,
            None => boto3_client(py, region, endpoint_url)?,
        };
        if multi_region_aware {
            let region: String = match region {
                Some(region) => region.to_owned(),
                None => client.bind(py).getattr("meta")?.getattr("region_name")?.extract()?,
            };
            keyring = keyring.multi_region_aware(region);
        }
        Ok(base(Carried { keyring, client }).add_subclass(Self))
    }
}

#[pymethods]
impl KmsDiscoveryKeyring {
    #[new]
    #[pyo3(signature = (
        *, account_ids, partition="aws", client=None, region=None, endpoint_url=None,
        multi_region_aware=false,
    ))]
    fn new(
        py: Python<'_>,
        account_ids: Vec<String>,
        partition: &str,
        client: Option<Py<PyAny>>,
        region: Option<&str>,
        endpoint_url: Option<&str>,
        multi_region_aware: bool,
    ) -> PyResult<PyClassInitializer<Self>> {
        let keyring = zt_crypto::KmsDiscoveryKeyring::new(partition, account_ids).map_err(to_py)?;
        Self::make(py, keyring, client, region, endpoint_url, multi_region_aware)
    }

    /// Accepts messages under anybody's key: whoever sent one may have chosen the key.
    #[classmethod]
    #[pyo3(signature = (*, client=None, region=None, endpoint_url=None, multi_region_aware=false))]
    fn unfiltered(
        class: &Bound<'_, PyType>,
        client: Option<Py<PyAny>>,
        region: Option<&str>,
        endpoint_url: Option<&str>,
        multi_region_aware: bool,
    ) -> PyResult<Py<Self>> {
        let py = class.py();
        let keyring = zt_crypto::KmsDiscoveryKeyring::unfiltered();
        Py::new(py, Self::make(py, keyring, client, region, endpoint_url, multi_region_aware)?)
    }
}

fn boto3_client(
    py: Python<'_>,
    region: Option<&str>,
    endpoint_url: Option<&str>,
) -> PyResult<Py<PyAny>> {
    let make = py.import("zt.crypto._boto3")?.getattr("kms_client")?;
    Ok(make.call1((region, endpoint_url))?.unbind())
}

/// Wraps a data key under several keyrings: any one of them opens the message.
#[pyclass(frozen, extends = Keyring, module = "zt.crypto")]
pub(crate) struct MultiKeyring;

#[pymethods]
impl MultiKeyring {
    #[new]
    #[pyo3(
        signature = (generator=None, children=Vec::new()),
        text_signature = "(generator=None, children=())",
    )]
    fn new(
        generator: Option<&Bound<'_, PyAny>>,
        children: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let children = children.iter().map(shared).collect::<PyResult<Vec<_>>>()?;
        let keyring = match generator {
            Some(generator) => children.into_iter().fold(
                OfflineMultiKeyring::new(shared(generator)?),
                OfflineMultiKeyring::with_child,
            ),
            None => OfflineMultiKeyring::without_generator(children).map_err(to_py)?,
        };
        Ok(base(keyring).add_subclass(Self))
    }
}

/// Wraps data keys with a key in a file: no AWS account needed.
#[pyclass(frozen, extends = Keyring, module = "zt.crypto")]
pub(crate) struct LocalKeyring(Arc<zt_crypto::LocalKeyring>);

#[pymethods]
impl LocalKeyring {
    /// Opens a key file, or creates it. `passphrase`: bytes, or a callable.
    #[staticmethod]
    #[pyo3(signature = (path, *, passphrase=None, create=false))]
    fn open(
        py: Python<'_>,
        path: std::path::PathBuf,
        passphrase: Option<&Bound<'_, PyAny>>,
        create: bool,
    ) -> PyResult<Py<Self>> {
        let mut options = zt_crypto::LocalKeyring::options().create(create);
        if let Some(passphrase) = passphrase {
            let given =
                if passphrase.is_callable() { passphrase.call0()? } else { passphrase.clone() };
            options = options.passphrase(given.extract::<Data<'_>>()?.as_slice());
        }
        let keyring = Arc::new(py.detach(|| options.open(path)).map_err(to_py)?);
        let shared = Arc::clone(&keyring);
        Py::new(py, base(shared).add_subclass(Self(keyring)))
    }

    /// Adds a key and encrypts with it from now on. The older keys still decrypt.
    fn rotate(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.0.rotate()).map_err(to_py)
    }

    #[getter]
    fn active_key_id(&self) -> String {
        self.0.active_key_id()
    }

    #[getter]
    fn key_ids(&self) -> Vec<String> {
        self.0.key_ids()
    }

    #[getter]
    fn path(&self) -> std::path::PathBuf {
        self.0.path().to_owned()
    }
}

/// A keyring whose messages need these keys in their encryption context. Only for a client.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct RequiredEncryptionContext {
    #[pyo3(get)]
    keyring: Py<Keyring>,
    required_keys: Vec<String>,
}

impl RequiredEncryptionContext {
    pub(crate) fn builder(
        &self,
        py: Python<'_>,
    ) -> PyResult<zt_crypto::ClientBuilder<Shared, zt_crypto::Offline>> {
        let builder = zt_crypto::Client::builder(shared(self.keyring.bind(py).as_any())?);
        Ok(builder.required_encryption_context(self.required_keys.clone()))
    }
}

#[pymethods]
impl RequiredEncryptionContext {
    #[new]
    fn new(keyring: Py<Keyring>, required_keys: Vec<String>) -> Self {
        Self { keyring, required_keys }
    }

    #[getter]
    fn required_keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        pyo3::types::PyTuple::new(py, &self.required_keys)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (keyring, keys) = (self.keyring.bind(py).repr()?, self.required_keys(py)?.repr()?);
        Ok(format!("RequiredEncryptionContext({keyring}, required_keys={keys})"))
    }
}

/// The `.name` of an enum's member, or a str.
pub(crate) fn name_of(object: &Bound<'_, PyAny>) -> PyResult<String> {
    match object.extract::<String>() {
        Ok(name) => Ok(name),
        Err(_) => object.getattr("name")?.extract(),
    }
}

pub(crate) fn suite_of(object: &Bound<'_, PyAny>) -> PyResult<AlgorithmSuite> {
    let name = name_of(object)?;
    AlgorithmSuite::from_name(&name).ok_or_else(|| {
        unknown("algorithm suite", &name, AlgorithmSuite::ALL.map(AlgorithmSuite::name))
    })
}

pub(crate) fn policy_of(object: &Bound<'_, PyAny>) -> PyResult<CommitmentPolicy> {
    let name = name_of(object)?;
    CommitmentPolicy::from_name(&name).ok_or_else(|| {
        unknown("commitment policy", &name, CommitmentPolicy::ALL.map(CommitmentPolicy::name))
    })
}

pub(crate) fn backend_of(name: &str) -> PyResult<Backend> {
    Backend::from_name(name).ok_or_else(|| unknown("backend", name, backends()))
}

/// The member of `zt.crypto.AlgorithmSuite`.
pub(crate) fn suite_object(py: Python<'_>, suite: AlgorithmSuite) -> PyResult<Bound<'_, PyAny>> {
    static ENUM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = ENUM.get_or_try_init(py, || {
        PyResult::Ok(py.import("zt.crypto")?.getattr("AlgorithmSuite")?.unbind())
    })?;
    class.bind(py).get_item(suite.name())
}

/// Names and ids, for the tests that compare them with the Python enum's.
#[pyfunction]
pub(crate) fn algorithm_suites() -> Vec<(&'static str, u16)> {
    AlgorithmSuite::ALL.map(|suite| (suite.name(), suite.id())).to_vec()
}

/// The backends that this build has; the default is the fastest on this CPU.
#[pyfunction]
pub(crate) fn backends() -> Vec<&'static str> {
    Backend::ALL.iter().map(|backend| backend.name()).collect()
}

#[pyfunction]
pub(crate) fn commitment_policies() -> Vec<&'static str> {
    CommitmentPolicy::ALL.map(CommitmentPolicy::name).to_vec()
}
