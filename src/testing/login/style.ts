/** How the managed login's pages look. */
export const STYLE = `
:root{color-scheme:light dark;--back:#eef1f6;--card:#fff;--text:#1b2330;--soft:#5b6678;--line:#d9dfe8;--hover:#f3f6fb;
--accent:#4338ca;--on:#fff;--tint:#eceafd;--note:#fff7e0;--noteline:#eecf7d;--bad:#fdecec;--badline:#e8a5a5}
@media(prefers-color-scheme:dark){:root{--back:#10141b;--card:#191f29;--text:#e8ecf3;--soft:#9aa6b8;--line:#2f3847;
--hover:#222a37;--accent:#a5a0ff;--on:#14122b;--tint:#2b2a4d;--note:#2d2716;--noteline:#6b5820;--bad:#371e21;--badline:#7d3b42}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;padding:1.5rem 1rem;
background:var(--back);color:var(--text);font:1rem/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:2rem;
box-shadow:0 1px 2px #0001,0 12px 32px #0f172a14}
.brand{margin:0 0 1.25rem;color:var(--accent);font-size:.8125rem;font-weight:700;letter-spacing:.04em}
h1{margin:0;font-size:1.625rem;line-height:1.2;letter-spacing:-.015em}
.to{margin:.25rem 0 1.25rem;color:var(--soft);overflow-wrap:anywhere}
.to b{color:var(--text);font-weight:600}
.note,.error{margin:0 0 1.25rem;padding:.625rem .875rem;border:1px solid var(--noteline);border-radius:.625rem;
background:var(--note);font-size:.875rem}
.error{background:var(--bad);border-color:var(--badline)}
h1+.error{margin-top:1rem}
.hint{margin:0;color:var(--soft);font-size:.875rem}
ul{list-style:none;margin:0;padding:2px;max-height:20.5rem;overflow-y:auto;scrollbar-width:thin}
li+li{margin-top:.5rem}
button,input{font:inherit;color:inherit;border-radius:.625rem;border:1px solid var(--line)}
button{cursor:pointer}
button:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.user{display:flex;align-items:center;gap:.75rem;width:100%;padding:.5rem .75rem;background:none;text-align:left}
.user:hover{background:var(--hover);border-color:var(--accent)}
.initial{flex:none;width:2.125rem;height:2.125rem;border-radius:50%;background:var(--tint);color:var(--accent);
font-weight:600;display:flex;align-items:center;justify-content:center}
.who{flex:1;min-width:0;display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.125rem .75rem}
.name{font-weight:600;overflow-wrap:anywhere}
.groups{display:flex;flex-wrap:wrap;gap:.25rem}
.group{padding:0 .5rem;border-radius:1rem;background:var(--tint);color:var(--accent);font-size:.75rem;line-height:1.375rem;
overflow-wrap:anywhere}
.or{display:flex;align-items:center;gap:.75rem;margin:1.25rem 0 .75rem;color:var(--soft);font-size:.8125rem}
.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
label{display:block;margin:0 0 .25rem;font-size:.875rem;font-weight:600}
label span{color:var(--soft);font-weight:400}
input{display:block;width:100%;margin:0 0 .875rem;padding:.5rem .75rem;background:none}
input::placeholder{color:var(--soft);opacity:.6}
.primary{width:100%;margin-top:.25rem;padding:.625rem;border-color:var(--accent);background:var(--accent);color:var(--on);font-weight:600}
.primary:hover{filter:brightness(1.08)}
`;
