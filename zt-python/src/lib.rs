//! The extension module `zt._zt`.
