// The console by node-postgres.
// Run as: node console.js CONNECTION_STRING SHOW...
'use strict'

const assert = require('node:assert/strict')
const { Client } = require('pg')

const [connectionString, ...shows] = process.argv.slice(2)

async function main() {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    for (const show of shows) {
      const text = `SHOW ${show}`
      const simple = await client.query(text)
      const unnamed = await client.query({ text, values: [], queryMode: 'extended' })
      const columns = (result) => result.fields.map((f) => [f.name, f.dataTypeID])
      assert.deepEqual(columns(unnamed), columns(simple))
      // Parsed once, then bound by its name.
      for (let n = 0; n < 2; n++) {
        const named = await client.query({ name: show, text })
        assert.deepEqual(columns(named), columns(simple))
        assert.equal(named.command, 'SHOW')
        assert.equal(named.rows.length, simple.rows.length)
      }
    }
    await assert.rejects(client.query('PAUSE $1', ['app']), { code: '42601' })
    await assert.rejects(client.query({ name: 'bad', text: 'nonsense' }), { code: '08P01' })
    const { rows } = await client.query({ name: 'last', text: 'SHOW VERSION' })
    assert.deepEqual(rows, [{ version: 'PgBouncer 1.25.2' }])
  } finally {
    await client.end()
  }
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
