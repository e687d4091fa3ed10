import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetSocketAddress;

/** A MongoDB in memory, on loopback at the port given. */
class Mongo {
    public static void main(String[] arguments) throws Exception {
        new MongoServer(new MemoryBackend()).bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
        Thread.currentThread().join();
    }
}
