/** Model files and checkpoints: saved so that nothing is lost, checked before they are trusted. */
package org.samediff.pruning.model;
