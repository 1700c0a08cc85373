// The same types reach CommonJS.
import zt = require('zt-node')
const client: zt.Client = new zt.Client(new zt.RawAesKeyring('n', 'k', Buffer.alloc(32)))
export const message: Promise<Buffer> = client.encrypt(Buffer.alloc(1))
