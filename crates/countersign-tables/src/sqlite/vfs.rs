//! The file functions that SQLite writes a destination with: its own for the system, but a file is flushed after each piece that was written.
//!
//! SQLite by itself flushes nearly all of a commit, or of a checkpoint, at its end: tens of MiB for a large load. A disk does that before what
//! comes later, so whoever flushes a little of another file meanwhile waits that long: the inbox does, before each answer. If files are
//! flushed in pieces, it waits for one piece.
//!
//! This is a VFS (<https://sqlite.org/vfs.html>) in front of the system's. Each file's object has room behind it for a [`State`], with a copy
//! of the file's functions in which writing and flushing are these; all others are called directly, and know nothing of it.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use rusqlite::ffi::{
    SQLITE_ERROR, SQLITE_OK, SQLITE_OPEN_MAIN_DB, SQLITE_OPEN_WAL, SQLITE_SYNC_DATAONLY, SQLITE_SYNC_NORMAL,
    sqlite3_file, sqlite3_filename, sqlite3_initialize, sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find,
    sqlite3_vfs_register,
};

/// The name under which SQLite knows them.
const NAME: &CStr = c"countersign";

/// The name of those that SQLite has for the system. Not the default, which others may have set.
const SYSTEM: &CStr = if cfg!(windows) { c"win32" } else { c"unix" };

/// After how many bytes a file is flushed: a millisecond of a disk that writes 1 GB/s. Smaller pieces make loads slower, and larger ones the
/// answers.
const PIECE_BYTES: u32 = 1 << 20;

/// What SQLite aligns a file's object to.
const ALIGNMENT: usize = 8;

type Write = unsafe extern "C" fn(*mut sqlite3_file, *const c_void, c_int, i64) -> c_int;
type Sync = unsafe extern "C" fn(*mut sqlite3_file, c_int) -> c_int;

/// What stands behind a file's object. Its functions come first, so that a file's pointer to its functions is one to this.
#[repr(C)]
struct State {
    methods: sqlite3_io_methods,
    write: Write,
    sync: Sync,
    /// How many bytes were written since the last flush.
    unflushed: u32,
}

// Where two objects stand behind each other, SQLite does not align the second.
const _: () = assert!(size_of::<State>().is_multiple_of(ALIGNMENT) && align_of::<State>() <= ALIGNMENT);

/// The name of the VFS, which is made known to SQLite by the first call.
///
/// # Errors
/// The code of SQLite, if it cannot be initialized.
pub(super) fn name() -> Result<&'static CStr, rusqlite::Error> {
    static IS_REGISTERED: Mutex<bool> = Mutex::new(false);
    let mut is_registered = IS_REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*is_registered {
        let code = register();
        if code != SQLITE_OK {
            return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        }
        *is_registered = true;
    }
    Ok(NAME)
}

fn register() -> c_int {
    // SAFETY: it may be called at any time, by any thread.
    let code = unsafe { sqlite3_initialize() };
    if code != SQLITE_OK {
        return code;
    }
    // SAFETY: the name ends with a zero.
    let system = unsafe { sqlite3_vfs_find(SYSTEM.as_ptr()) };
    if system.is_null() {
        return SQLITE_ERROR;
    }
    // SAFETY: SQLite's own VFS is a constant but for `pNext`, which is set here to what the registration sets anew. Its functions but `xOpen`
    // read no more than `mxPathname` of the VFS that they are called with, which is this copy.
    let copy = unsafe { system.read() };
    let vfs = sqlite3_vfs {
        szOsFile: c_int::try_from(state_offset(copy.szOsFile) + size_of::<State>()).unwrap_or(c_int::MAX),
        pNext: ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: system.cast(),
        xOpen: Some(open),
        ..copy
    };
    // SAFETY: it lives for ever.
    unsafe { sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) }
}

/// How far behind the beginning of a file's object its [`State`] is, for an object of the system's length.
fn state_offset(object_bytes: c_int) -> usize {
    usize::try_from(object_bytes).unwrap_or(0).next_multiple_of(ALIGNMENT)
}

/// Opens a file as the system's functions do, and puts its [`State`] behind it if it is a database or its log: with a log there
/// are no other files that are flushed and large.
unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    path: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls it with the VFS of `register`, whose `pAppData` is the system's, and with an object of `szOsFile` bytes, aligned
    // to `ALIGNMENT`. The system's `xOpen` gets the system's VFS, and uses the first part of the object.
    unsafe {
        let system = (*vfs).pAppData.cast::<sqlite3_vfs>();
        let Some(open) = (*system).xOpen else { return SQLITE_ERROR };
        let code = open(system, path, file, flags, flags_out);
        if code != SQLITE_OK || flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL) == 0 {
            return code;
        }
        let Some(methods) = (*file).pMethods.as_ref() else { return code };
        let (Some(system_write), Some(system_sync)) = (methods.xWrite, methods.xSync) else { return code };
        let state = file.byte_add(state_offset((*system).szOsFile)).cast::<State>();
        state.write(State {
            methods: sqlite3_io_methods { xWrite: Some(write), xSync: Some(sync), ..*methods },
            write: system_write,
            sync: system_sync,
            unflushed: 0,
        });
        (*file).pMethods = state.cast();
        code
    }
}

/// The state of a file.
///
/// # Safety
/// It is one that [`open`] has given a state.
unsafe fn state(file: *mut sqlite3_file) -> *mut State {
    // SAFETY: so the caller says; nobody else changes where its functions are.
    unsafe { (*file).pMethods.cast_mut().cast() }
}

/// Writes, and flushes if a piece was written since the last flush. That this flush has failed is an error of the write: no later one would
/// say so, for the system may have forgotten what it could not write. (SQLite has the flag for data alone, and flushes with `fsync` all the
/// same unless it was compiled with `HAVE_FDATASYNC`.)
unsafe extern "C" fn write(file: *mut sqlite3_file, bytes: *const c_void, count: c_int, position: i64) -> c_int {
    // SAFETY: SQLite calls it for a file with a state, one call at a time.
    unsafe {
        let state = state(file);
        let code = ((*state).write)(file, bytes, count, position);
        if code != SQLITE_OK {
            return code;
        }
        (*state).unflushed = (*state).unflushed.saturating_add(count.unsigned_abs());
        if (*state).unflushed < PIECE_BYTES { code } else { sync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) }
    }
}

/// Flushes.
unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: as above.
    unsafe {
        let state = state(file);
        (*state).unflushed = 0;
        ((*state).sync)(file, flags)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::OnceLock;

    use rusqlite::ffi::{SQLITE_FULL, SQLITE_IOERR_FSYNC};
    use rusqlite::{Connection, OpenFlags};

    use super::*;

    thread_local! {
        /// What the file was asked for, and what it answers to a flush.
        static ASKED: RefCell<(Vec<c_int>, c_int)> = const { RefCell::new((Vec::new(), SQLITE_OK)) };
    }

    unsafe extern "C" fn noted_write(_: *mut sqlite3_file, _: *const c_void, count: c_int, _: i64) -> c_int {
        ASKED.with_borrow_mut(|(asked, _)| asked.push(count));
        if count == 13 { SQLITE_FULL } else { SQLITE_OK }
    }

    unsafe extern "C" fn noted_sync(_: *mut sqlite3_file, _: c_int) -> c_int {
        ASKED.with_borrow_mut(|(asked, answer)| {
            asked.push(0);
            *answer
        })
    }

    /// A file that notes what it is asked for: a flush as 0.
    fn noted() -> Box<(State, sqlite3_file)> {
        // SAFETY: a number and pointers, all of which may be zero or null.
        let methods = unsafe { std::mem::zeroed() };
        let state = State { methods, write: noted_write, sync: noted_sync, unflushed: 0 };
        let mut noted = Box::new((state, sqlite3_file { pMethods: ptr::null() }));
        noted.1.pMethods = (&raw mut noted.0).cast();
        noted
    }

    fn writes(file: &mut (State, sqlite3_file), counts: &[c_int]) -> Vec<c_int> {
        // SAFETY: it has a state, and its functions do not look at the bytes.
        counts.iter().map(|&count| unsafe { write(&raw mut file.1, ptr::null(), count, 0) }).collect()
    }

    fn asked() -> Vec<c_int> {
        ASKED.with_borrow_mut(|(asked, _)| std::mem::take(asked))
    }

    #[test]
    fn a_file_is_flushed_after_each_piece() {
        let piece = PIECE_BYTES.cast_signed();
        let mut file = noted();
        assert_eq!(writes(&mut file, &[piece - 1, 1, piece, 5, piece - 6, 2]), [SQLITE_OK; 6]);
        assert_eq!(asked(), [piece - 1, 1, 0, piece, 0, 5, piece - 6, 2, 0]);
        // SQLite's own flush is one, too.
        assert_eq!(writes(&mut file, &[piece - 1]), [SQLITE_OK]);
        // SAFETY: it has a state.
        assert_eq!(unsafe { sync(&raw mut file.1, SQLITE_SYNC_NORMAL) }, SQLITE_OK);
        assert_eq!(writes(&mut file, &[piece - 1]), [SQLITE_OK]);
        assert_eq!(asked(), [piece - 1, 0, piece - 1]);
    }

    #[test]
    fn what_fails_is_said() {
        let mut file = noted();
        assert_eq!(writes(&mut file, &[13]), [SQLITE_FULL]);
        ASKED.with_borrow_mut(|(_, answer)| *answer = SQLITE_IOERR_FSYNC);
        assert_eq!(writes(&mut file, &[1, PIECE_BYTES.cast_signed(), 1]), [SQLITE_OK, SQLITE_IOERR_FSYNC, SQLITE_OK]);
        assert_eq!(asked(), [13, 1, PIECE_BYTES.cast_signed(), 0, 1]);
    }

    unsafe extern "C" fn counted_sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
        ASKED.with_borrow_mut(|(asked, _)| asked.push(flags));
        // SAFETY: it was given this state's function.
        unsafe { SYSTEM_SYNC.get().map_or(SQLITE_ERROR, |sync| sync(file, flags)) }
    }

    static SYSTEM_SYNC: OnceLock<Sync> = OnceLock::new();

    #[test]
    fn databases_and_their_logs_are_flushed_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let connection = Connection::open_in_memory_with_flags_and_vfs(OpenFlags::default(), name().unwrap()).unwrap();
        connection.execute("ATTACH ?1 AS x", [path.to_str().unwrap()]).unwrap();
        connection
            .execute_batch("PRAGMA x.journal_mode = WAL; PRAGMA x.wal_autocheckpoint = 0; CREATE TABLE x.t (b)")
            .unwrap();
        for (which, statement) in [
            (rusqlite::ffi::SQLITE_FCNTL_JOURNAL_POINTER, "INSERT INTO x.t VALUES (zeroblob(8 << 20))"),
            (rusqlite::ffi::SQLITE_FCNTL_FILE_POINTER, "PRAGMA x.wal_checkpoint(PASSIVE)"),
        ] {
            let mut file: *mut sqlite3_file = ptr::null_mut();
            // SAFETY: the connection is open, has a database of this name, and each of these asks for a pointer to a file.
            unsafe {
                let code = rusqlite::ffi::sqlite3_file_control(
                    connection.handle(),
                    c"x".as_ptr(),
                    which,
                    (&raw mut file).cast(),
                );
                assert_eq!(code, SQLITE_OK);
                let writes = (*(*file).pMethods).xWrite;
                assert!(writes.is_some_and(|writes| ptr::fn_addr_eq(writes, write as Write)), "{statement}: no state");
                let state = state(file);
                let _ = SYSTEM_SYNC.set((*state).sync);
                (*state).sync = counted_sync;
            }
            connection.execute_batch(statement).unwrap();
            let flushes = asked().iter().filter(|flags| **flags & SQLITE_SYNC_DATAONLY != 0).count();
            assert!((7..=9).contains(&flushes), "{statement}: {flushes} flushes");
        }
        drop(connection);
        let again = Connection::open(path).unwrap();
        assert_eq!(again.query_row("SELECT length(b) FROM t", [], |row| row.get::<_, i64>(0)).unwrap(), 8 << 20);
    }
}
