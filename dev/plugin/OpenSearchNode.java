import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.mapper.MapperExtrasPlugin;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.ingest.common.IngestCommonPlugin;
import org.opensearch.ingest.useragent.IngestUserAgentPlugin;
import org.opensearch.join.ParentJoinPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.script.expression.ExpressionPlugin;
import org.opensearch.script.mustache.MustachePlugin;
import org.opensearch.transport.Netty4Plugin;

/** One OpenSearch node with the plug-ins that lie on the class path; settings come from the given folder. */
public final class OpenSearchNode extends Node {
    private static final List<Class<? extends Plugin>> PLUGINS = List.of(
            Netty4Plugin.class, IngestCommonPlugin.class, PainlessPlugin.class, IngestUserAgentPlugin.class,
            ReindexPlugin.class, MapperExtrasPlugin.class, CommonAnalysisPlugin.class, ParentJoinPlugin.class,
            MustachePlugin.class, ExpressionPlugin.class);

    private OpenSearchNode(Settings settings, Path config) {
        super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), config, () -> "storewatch"), PLUGINS, false);
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        Settings settings = Settings.builder().put("path.home", home.toString()).build();
        Node node = new OpenSearchNode(settings, home.resolve("config"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception failure) {
                failure.printStackTrace();
            }
        }));
        node.start();
        // The owner holds the other end of this pipe: its end is the end of the node.
        while (System.in.read() >= 0) { }
        System.exit(0);
    }
}
