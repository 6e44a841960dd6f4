//! A scripted `_bulk` server.
