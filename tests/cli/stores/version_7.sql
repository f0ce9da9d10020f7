PRAGMA user_version = 7;
BEGIN TRANSACTION;
CREATE TABLE counts (state TEXT PRIMARY KEY, jobs INTEGER NOT NULL CHECK (jobs >= 0)) STRICT, WITHOUT ROWID;
INSERT INTO "counts" VALUES('cancelled',0);
INSERT INTO "counts" VALUES('completed',1);
INSERT INTO "counts" VALUES('failed',1);
INSERT INTO "counts" VALUES('pending',1);
INSERT INTO "counts" VALUES('running',1);
CREATE TABLE deeds (
        id     INTEGER PRIMARY KEY,
        job_id INTEGER NOT NULL,
        upto   INTEGER NOT NULL CHECK (upto >= job_id),
        at     INTEGER NOT NULL,
        verb   TEXT    NOT NULL,
        who    TEXT    NOT NULL
    ) STRICT;
INSERT INTO "deeds" VALUES(1,1,1,1796094310969230,'added','user@host, command line');
INSERT INTO "deeds" VALUES(2,2,2,1796094311185612,'added','user@host, command line');
INSERT INTO "deeds" VALUES(3,3,3,1796094311684047,'added','user@host, command line');
INSERT INTO "deeds" VALUES(4,4,4,1796094313863701,'added','user@host, command line');
CREATE TABLE "jobs" (
        id               INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid             TEXT    NOT NULL UNIQUE CHECK (length(uuid) = 36),
        name             BLOB    NOT NULL,
        path             BLOB    NOT NULL CHECK (length(path) > 0),
        args             BLOB    NOT NULL,
        cwd              BLOB    NOT NULL,
        python           BLOB,
        timeout_s        INTEGER CHECK (timeout_s > 0),
        queue            TEXT    NOT NULL REFERENCES queues (name) ON UPDATE CASCADE,
        priority         INTEGER NOT NULL DEFAULT 0,
        place            INTEGER NOT NULL,
        held             INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
        not_before       INTEGER,
        after            TEXT    NOT NULL DEFAULT '[]',
        batch            TEXT    NOT NULL DEFAULT '',
        schedule_id      INTEGER REFERENCES schedules (id) ON DELETE SET NULL,
        options          TEXT    NOT NULL DEFAULT '{}',
        state            TEXT    NOT NULL DEFAULT 'pending'
                         CHECK (state IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
        reason           TEXT    NOT NULL DEFAULT '',
        exit_code        INTEGER CHECK (exit_code BETWEEN 0 AND 255),
        signal           INTEGER CHECK (signal > 0),
        attempt          INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
        first_attempt    INTEGER NOT NULL DEFAULT 1 CHECK (first_attempt > 0),
        paused           TEXT    NOT NULL DEFAULT '' CHECK (paused IN ('', 'user', 'hours')),
        devices          TEXT    NOT NULL DEFAULT '{}',
        cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
        created_at       INTEGER NOT NULL,
        started_at       INTEGER,
        finished_at      INTEGER, reason_kind TEXT NOT NULL DEFAULT '',
        CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'failed', 'cancelled'))),
        CHECK (state IN ('completed', 'failed', 'cancelled') OR (exit_code IS NULL AND signal IS NULL)),
        CHECK (exit_code IS NULL OR signal IS NULL),
        CHECK (state NOT IN ('running', 'completed') OR attempt > 0),
        CHECK (paused = '' OR state = 'running')
    ) STRICT;
INSERT INTO "jobs" VALUES(1,'20d1fd9c-5fd6-4e0d-971b-7095c2f5539e',X'74727565',X'2F62696E2F74727565',X'',X'2F',NULL,NULL,'default',0,1048576,0,NULL,'[]','',NULL,'{"script":{"sha256":"c79bf44242829108e323378531f4ac839513ca1fba45efd6583643526e1e9fd2","size":35664,"mtime_ns":1663687647000000000}}','completed','exit 0',0,NULL,1,1,'','{}',0,1796094310969230,1796094311450952,1796094311453349,'exit');
INSERT INTO "jobs" VALUES(2,'fd1799d2-b1f5-448d-b484-436c885aacc6',X'66616C7365',X'2F62696E2F66616C7365',X'',X'2F',NULL,NULL,'default',0,2097152,0,NULL,'[]','',NULL,'{"script":{"sha256":"7faadececbd287e494595d6a8203bc521e4463c682a496569187a77e761156bc","size":35664,"mtime_ns":1663687647000000000}}','failed','exit 1',1,NULL,1,1,'','{}',0,1796094311185612,1796094311453089,1796094311454777,'exit');
INSERT INTO "jobs" VALUES(3,'d380fd7c-954e-49d0-a318-d9ed18a1a69a',X'736C656570',X'2F62696E2F736C656570',X'3130303000',X'2F',NULL,NULL,'default',0,3145728,0,NULL,'[]','',NULL,'{"script":{"sha256":"4add4bb89d8ca0e3b1bd861130ddd7ae0fd9617a8055de0a38c8d2ca1ac95723","size":43888,"mtime_ns":1663687647000000000}}','running','',NULL,NULL,1,1,'','{}',0,1796094311684047,1796094311973251,NULL,'');
INSERT INTO "jobs" VALUES(4,'54cf1f6c-5cca-4a11-9f2c-9ed5c603d353',X'6563686F',X'2F62696E2F6563686F',X'6C617465720074776F20776F72647300',X'2F',NULL,NULL,'default',0,4194304,0,NULL,'[]','',NULL,'{"script":{"sha256":"a049fb47554c6cde2ee452e5d87f6386abb63af7cdcae9cd0dc99fc80e0bcf35","size":43856,"mtime_ns":1663687647000000000}}','pending','',NULL,NULL,0,1,'','{}',0,1796094313863701,NULL,NULL,'');
CREATE TABLE lease (
        id    INTEGER PRIMARY KEY CHECK (id = 1),
        epoch INTEGER NOT NULL,
        pid   INTEGER NOT NULL,
        host  TEXT    NOT NULL,
        tty   TEXT    NOT NULL,
        since INTEGER NOT NULL
    ) STRICT;
INSERT INTO "lease" VALUES(1,2,14091,'host','',1796094311918638);
CREATE TABLE news (
        id      INTEGER PRIMARY KEY,
        job_id  INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        attempt INTEGER NOT NULL,
        event   TEXT    NOT NULL CHECK (event IN ('ended', 'silent', 'asks')),
        until   INTEGER NOT NULL DEFAULT 0,
        said    TEXT,
        UNIQUE (job_id, attempt, event)
    ) STRICT;
CREATE TABLE queues (
        name    TEXT    PRIMARY KEY,
        slots   INTEGER CHECK (slots >= 0),
        paused  INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
        options TEXT    NOT NULL DEFAULT '{}'
    ) STRICT;
INSERT INTO "queues" VALUES('default',NULL,0,'{}');
CREATE TABLE runs (
        job_id      INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        attempt     INTEGER NOT NULL CHECK (attempt > 0),
        epoch       INTEGER NOT NULL,
        claimed_at  INTEGER NOT NULL,
        started_at  INTEGER,
        finished_at INTEGER,
        exit_code   INTEGER,
        signal      INTEGER,
        reason      TEXT    NOT NULL DEFAULT '',
        cpu_s       REAL,
        max_rss_kib INTEGER, boot TEXT NOT NULL DEFAULT '', script TEXT NOT NULL DEFAULT '', oom TEXT NOT NULL DEFAULT '', reason_kind TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (job_id, attempt)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "runs" VALUES(1,1,1,1796094311413552,1796094311450952,1796094311453349,0,NULL,'exit 0',0.000855,9784,'2027920b-e06b-49b9-af97-2333ae224ce2','c79bf44242829108e323378531f4ac839513ca1fba45efd6583643526e1e9fd2','','exit');
INSERT INTO "runs" VALUES(2,1,1,1796094311413552,1796094311453089,1796094311454777,1,NULL,'exit 1',0.000734,9784,'2027920b-e06b-49b9-af97-2333ae224ce2','7faadececbd287e494595d6a8203bc521e4463c682a496569187a77e761156bc','','exit');
INSERT INTO "runs" VALUES(3,1,2,1796094311933115,NULL,NULL,NULL,NULL,'',NULL,NULL,'2027920b-e06b-49b9-af97-2333ae224ce2','4add4bb89d8ca0e3b1bd861130ddd7ae0fd9617a8055de0a38c8d2ca1ac95723','','');
CREATE TABLE schedules (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        name       TEXT    NOT NULL UNIQUE,
        rule       TEXT    NOT NULL,
        zone       TEXT    NOT NULL,
        missed     TEXT    NOT NULL DEFAULT 'once' CHECK (missed IN ('once', 'all', 'none')),
        overlap    TEXT    NOT NULL DEFAULT 'queue' CHECK (overlap IN ('skip', 'queue', 'replace')),
        paused     INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
        draft      TEXT    NOT NULL,
        created_at INTEGER NOT NULL,
        next_at    INTEGER,
        last_at    INTEGER,
        said       TEXT    NOT NULL DEFAULT ''
    ) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE templates (name TEXT PRIMARY KEY, draft TEXT NOT NULL) STRICT;
CREATE INDEX schedules_next ON schedules (next_at) WHERE paused = 0;
CREATE INDEX jobs_next ON jobs (state, queue, priority DESC, place);
CREATE INDEX jobs_ended ON jobs (finished_at DESC, id DESC) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_batch ON jobs (batch) WHERE batch <> '';
CREATE INDEX jobs_waiting ON jobs (id) WHERE state = 'pending' AND after <> '[]';
CREATE INDEX jobs_of_schedule ON jobs (schedule_id) WHERE schedule_id IS NOT NULL;
CREATE INDEX jobs_like ON jobs (path, args);
CREATE INDEX news_waiting ON news (until) WHERE said IS NULL;
CREATE TRIGGER jobs_come AFTER INSERT ON jobs BEGIN
        UPDATE counts SET jobs = jobs + 1 WHERE state = NEW.state; END;
CREATE TRIGGER jobs_go AFTER DELETE ON jobs BEGIN
        UPDATE counts SET jobs = jobs - 1 WHERE state = OLD.state; END;
CREATE TRIGGER jobs_change AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN
        UPDATE counts SET jobs = jobs + (state = NEW.state) - (state = OLD.state)
        WHERE state IN (OLD.state, NEW.state); END;
CREATE INDEX deeds_of_job ON deeds (job_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('jobs',4);
COMMIT;
