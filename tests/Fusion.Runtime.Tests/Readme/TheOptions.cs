using Fusion.Build.Chores;

namespace Fusion.Runtime.Tests.Readme;

/// <summary>The page of what a user may set: its table is written by <c>dotnet run build.cs docs</c>.</summary>
public sealed class TheOptions
{
    [Test]
    public void AreThoseOfTheDefaults()
    {
        var page = Repository.Read(OptionsPage.File);

        Assert.That(page, Is.EqualTo(OptionsPage.Update(page, Repository.Read(OptionsPage.Source))), "'dotnet run build.cs docs' writes the table anew");
    }

    [Test]
    public void EachHaveADescription()
    {
        var options = OptionsPage.Read(Repository.Read(OptionsPage.Source)).ToList();

        Assert.That(options, Has.Count.GreaterThan(15));
        Assert.That(options.Select(option => option.Property), Is.Unique.And.Member("FusionArchitectures").And.Member("FusionImplicitRuntime"));
        Assert.That(options.Where(option => option.Description.Length == 0).Select(option => option.Property), Is.Empty);
    }

    [Test]
    public void AreReadFromCommentsAndItemDefinitions()
    {
        const string Props = """
            <Project>
              <PropertyGroup>
                <!-- Does a thing.
                     Off, because. -->
                <FusionThing>false</FusionThing>
                <FusionOwnFile>$(FusionSdkRoot)x</FusionOwnFile>
              </PropertyGroup>
              <ItemDefinitionGroup><FusionKernel><Thing>$(FusionThing)</Thing></FusionKernel></ItemDefinitionGroup>
            </Project>
            """;

        Assert.That(OptionsPage.Read(Props), Is.EqualTo([new SdkOption("FusionThing", "Thing", "false", "Does a thing. Off, because.")]));
    }
}
