/** Reference page of the API, drawn from openapi.json by the browser. Loads nothing from elsewhere. */
export const docsPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>sfp API</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #ddd}summary{cursor:pointer;padding:.4rem 0}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:#f5f5f5;padding:.8rem;overflow:auto;border-radius:6px}
.m{display:inline-block;width:4.5rem;font-weight:700}.s{color:#555;margin-left:.8rem}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}pre{background:#1d1d1d}.s{color:#aaa}h2{border-color:#333}}
</style></head><body><h1>sfp API</h1><p>Machine-readable: <a href="openapi.json">openapi.json</a></p><main></main>
<script>
const make=(tag,text,className)=>{const e=document.createElement(tag);if(text)e.textContent=text;if(className)e.className=className;return e};
fetch('openapi.json').then(r=>r.json()).then(doc=>{
  const main=document.querySelector('main'),groups={};
  for(const [path,methods] of Object.entries(doc.paths))for(const [method,op] of Object.entries(methods))
    (groups[(op.tags||['Other'])[0]]??=[]).push({path,method,op});
  for(const [name,list] of Object.entries(groups)){
    main.append(make('h2',name));
    for(const {path,method,op} of list){
      const d=make('details'),s=make('summary');
      s.append(make('span',method.toUpperCase(),'m'),make('code',path),make('span',op.summary,'s'));d.append(s);
      if(op.security)d.append(make('p','Needs Authorization: Bearer <user token or application token>'));
      const show=(title,value)=>{d.append(make('h4',title),make('pre',JSON.stringify(value,null,2)))};
      if(op.parameters?.length)show('Parameters',op.parameters);
      if(op.requestBody)show('Body',Object.values(op.requestBody.content)[0].schema);
      for(const [status,answer] of Object.entries(op.responses))
        if(status!=='default')show(status+' '+answer.description,answer.content?Object.values(answer.content)[0].schema:null);
      main.append(d);
    }
  }
});
</script></body></html>
`;
