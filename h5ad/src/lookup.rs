//! Groups and arrays by their path.

use std::collections::HashMap;

use hdf5_pure::{AttrValue, Error, FormatError};

use super::{array::Array, container::Container, error::H5adError};

/// What is found under a path.
pub(super) enum Node {
    Group(HashMap<String, AttrValue>),
    Array(Array),
}

impl Container {
    /// The group or array under `name`, if there is one.
    pub(super) fn find(&self, name: &str) -> Result<Option<Node>, H5adError> {
        self.ask();
        match self.file.dataset(name) {
            Ok(dataset) => Array::new(self, name, dataset).map(|array| Some(Node::Array(array))),
            Err(Error::NotADataset(_)) => {
                let group = self.file.group(name).map_err(|error| self.damaged(name, error))?;
                group.attrs().map(|attrs| Some(Node::Group(attrs))).map_err(|error| self.damaged(name, error))
            }
            Err(Error::Format(FormatError::PathNotFound(_)) | Error::NotAGroup(_)) => Ok(None),
            Err(error) => Err(self.damaged(name, error)),
        }
    }

    /// The array under `name`, which must be there.
    pub(super) fn array(&self, name: &str) -> Result<Array, H5adError> {
        self.find_array(name)?.ok_or_else(|| self.damaged(name, "there is no such dataset"))
    }

    /// The array under `name`, if there is one.
    pub(super) fn find_array(&self, name: &str) -> Result<Option<Array>, H5adError> {
        Ok(match self.find(name)? {
            Some(Node::Array(array)) => Some(array),
            Some(Node::Group(_)) | None => None,
        })
    }
}
