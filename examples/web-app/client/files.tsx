import { type FormEvent, useState } from "react";
import { ask, type Problem, useServer } from "./api.js";
import { FileIcon } from "./pictures.js";

interface Listing {
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

/** The user's own files in S3. */
export function Files() {
  const { data, problem, reload } = useServer<Listing>("/api/files");
  return (
    <>
      <h1>Your files</h1>
      <div className="columns">
        <section className="card folder" aria-labelledby="list">
          <h2 id="list">In your folder</h2>
          {problem && (
            <p className="message bad" role="alert">
              {problem.detail}
            </p>
          )}
          {data && <FileList {...data} />}
        </section>
        <Upload onDone={reload} />
      </div>
    </>
  );
}

function FileList({ folder, files }: Listing) {
  return (
    <>
      {files.length === 0 ? (
        <p className="empty">
          <FileIcon />
          Nothing here yet. What you upload shows here, and nobody else sees it.
        </p>
      ) : (
        <ul className="files">
          {files.map(({ name, size }) => (
            <li key={name}>
              <FileIcon />
              <span className="file-name">{name}</span>
              <span className="soft">{size === 1 ? "1 byte" : `${size} bytes`}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="soft small">
        Your IAM role opens <code>{folder}</code> and no other folder.
      </p>
    </>
  );
}

function Upload({ onDone }: { onDone: () => Promise<void> }) {
  const [stored, setStored] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setIsBusy] = useState(false);

  const upload = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setIsBusy(true);
    const answer = await ask<{ name: string }>("/api/files", Object.fromEntries(new FormData(form)));
    setIsBusy(false);
    setProblem(answer.problem);
    setStored(answer.data?.name);
    if (answer.data !== undefined) form.reset();
    await onDone();
  };

  return (
    <form className="card" aria-labelledby="upload" onSubmit={upload}>
      <h2 id="upload">Upload a text</h2>
      <label htmlFor="name">File name</label>
      <input
        id="name"
        name="name"
        required
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        placeholder="notes.txt"
      />
      <label htmlFor="text">Text</label>
      <textarea id="text" name="text" required maxLength={10_000} rows={5} placeholder="Dear diary…" />
      <button type="submit" className="primary" disabled={isBusy}>
        {isBusy ? "Uploading…" : "Upload"}
      </button>
      <p className={problem ? "message bad" : "message"} role="status">
        {problem?.detail ?? (stored && `${stored} is stored.`)}
      </p>
    </form>
  );
}
