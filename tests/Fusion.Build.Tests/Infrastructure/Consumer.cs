using System.Text;
using CliWrap;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>A project of a user: a new folder outside the repository, which knows the packed SDK by its feed alone.</summary>
internal sealed class Consumer : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);
    private int builds;

    /// <summary>Creates the folder with a <c>nuget.config</c> and, unless told otherwise, a library project with one kernel.</summary>
    /// <param name="project">Content of <c>Consumer.csproj</c>; null for <see cref="LibraryProject"/>.</param>
    /// <param name="folderName">Name of the folder, to try odd ones.</param>
    public Consumer(string? project = null, string folderName = "consumer")
    {
        Root = Directory.CreateTempSubdirectory("fusion-test-").FullName;
        Folder = Path.Combine(Root, folderName);
        Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="fusion-under-test" value="{PackedSdk.Packages}" />
              </packageSources>
            </configuration>
            """);
        Write("Consumer.csproj", project ?? LibraryProject());
    }

    /// <summary>The folder that is deleted at the end.</summary>
    public string Root { get; }

    /// <summary>The project's folder.</summary>
    public string Folder { get; }

    /// <summary>Folder of the images, for the configuration Debug.</summary>
    public string ImagesFolder => PathOf("obj/Debug/net10.0/fusion");

    /// <summary>Paths of all images, relative to <see cref="ImagesFolder"/>, ordered.</summary>
    public string[] Images => !Directory.Exists(ImagesFolder) ? [] : [.. Directory
        .EnumerateFiles(ImagesFolder, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file) is ".cubin" or ".ptx")
        .Select(file => Path.GetRelativePath(ImagesFolder, file)).Order(StringComparer.Ordinal)];

    /// <summary>Path of the built assembly.</summary>
    public string Assembly => PathOf("bin/Debug/net10.0/Consumer.dll");

    /// <summary>A project that is as small as the SDK allows, for one architecture so that it builds fast.</summary>
    public static string LibraryProject(string properties = "", string items = "", string architectures = "sm_80") => $"""
        <Project Sdk="Fusion.Sdk/{PackedSdk.Version}">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <FusionArchitectures>{architectures}</FusionArchitectures>
            {properties}
          </PropertyGroup>
          <ItemGroup>
            {items}
          </ItemGroup>
        </Project>
        """;

    /// <summary>A kernel that writes a constant: small, and different for each name.</summary>
    public static string Kernel(string name, string body = "out[threadIdx.x] = 1.0f;", string include = "") => $$"""
        {{include}}
        extern "C" __global__ void {{name}}(float* out, int n) {
          {{body}}
        }
        """;

    public string PathOf(string relative) => Path.GetFullPath(Path.Combine(Folder, relative));

    public Consumer Write(string relative, string content) => WriteBytes(relative, new UTF8Encoding(false).GetBytes(content));

    public Consumer WriteBytes(string relative, byte[] content)
    {
        var path = PathOf(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return this;
    }

    public string Read(string relative) => File.ReadAllText(PathOf(relative));

    /// <summary>Runs <c>dotnet build</c> and reads its binary log.</summary>
    public BuildResult Build(params string[] arguments) => Build([], arguments);

    /// <summary>Runs <c>dotnet build</c> with environment variables of its own.</summary>
    public BuildResult Build(Dictionary<string, string?> environment, params string[] arguments)
    {
        // Outside the project, so that no glob of the project can see it.
        var log = Path.Combine(Root, $"build{++builds}.binlog");
        var (exitCode, output) = Run("dotnet", environment, ["build", "-nologo", $"-bl:{log}", .. arguments]);
        return new BuildResult(exitCode, output, log);
    }

    /// <summary>Runs <c>dotnet</c> with a verb of its own.</summary>
    public (int ExitCode, string Output) DotNet(params string[] arguments) => Run("dotnet", [], arguments);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private (int ExitCode, string Output) Run(string tool, Dictionary<string, string?> environment, string[] arguments)
    {
        var output = new StringBuilder();
        using var deadline = new CancellationTokenSource(Deadline);
        var result = Cli.Wrap(tool).WithArguments(arguments).WithWorkingDirectory(Folder)
            .WithEnvironmentVariables(CleanEnvironment().Concat(environment)
                .GroupBy(v => v.Key).ToDictionary(group => group.Key, group => group.Last().Value))
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output)).WithStandardErrorPipe(PipeTarget.ToStringBuilder(output))
            .ExecuteAsync(deadline.Token).GetAwaiter().GetResult();
        return (result.ExitCode, output.ToString());
    }

    // A user's shell knows nothing of the MSBuild that runs these tests, nor of this machine's CUDA.
    private static IEnumerable<KeyValuePair<string, string?>> CleanEnvironment()
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
        {
            if (name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)) yield return new(name, null);
        }

        foreach (var name in new[] { "CUDA_PATH", "CUDA_HOME", "FUSION_NVRTC_PATH", "CI" }) yield return new(name, null);
        yield return new("NUGET_PACKAGES", PackedSdk.PackageCache);
        yield return new("MSBUILDDISABLENODEREUSE", "1");
        yield return new("DOTNET_CLI_UI_LANGUAGE", "en");
    }
}
